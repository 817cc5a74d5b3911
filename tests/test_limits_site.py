"""What one person may take of the site: questions a minute, streams followed at once, characters kept."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import events, one
from tests.harness.upstream.process import Upstream

QUOTA = 2000


@pytest.fixture(scope="module")
def bounded(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with narrow bounds."""
    environment = {
        "OPENAI_BASE_URL": upstream.base_url,
        "CHAT_MAX_RETRIES": "0",
        "CHAT_MAX_FOLLOWERS_PER_USER": "3",
        "CHAT_STORED_CHARS_PER_USER": str(QUOTA),
        # What holds where nobody has set anything.
        "CHAT_MESSAGES_PER_MINUTE": "",
    }
    with Site(tmp_path_factory.mktemp("bounded"), environment) as site:
        site.until_listed("gpt-4o")
        yield site
        assert not [line for line in site.output if "Traceback" in line]


def follow(client: httpx2.Client, stack: ExitStack, generation: str) -> httpx2.Response:
    return stack.enter_context(client.stream("GET", f"/api/generations/{generation}/stream"))


def test_a_person_follows_so_many_streams_at_once(bounded: Site, upstream: Upstream) -> None:
    upstream.script_prompt("followed by many", text=["One ", "two"], then="hang", after=1)
    with bounded.client("alice") as client, bounded.client("bob") as other, ExitStack() as stack:
        body = {"message": "followed by many"}
        first = stack.enter_context(client.stream("POST", "/api/chat/stream", json=body))
        lines = first.iter_lines()
        line = next(line for line in lines if line.startswith("data: "))
        generation = json.loads(line.removeprefix("data: "))["generation_id"]
        assert [follow(client, stack, generation).status_code for _ in range(2)] == [200, 200]
        for refused in (follow(client, stack, generation), client.post("/api/chat", json={"message": "one more"})):
            refused.read()
            assert refused.status_code == 429
            assert "3" in refused.json()["error"]["message"]
            assert "Retry-After" in refused.headers
        # Nobody else is kept from anything, and nothing was written of what was refused.
        assert other.post("/api/chat", json={"message": "somebody else"}).status_code == 200
        assert len(client.get("/api/conversations").json()["conversations"]) == 1
        client.post(f"/api/generations/{generation}/stop")
        list(lines)
    with bounded.client("alice") as client:
        assert client.get(f"/api/generations/{generation}/stream").status_code == 200


def test_a_person_keeps_so_much_text_and_what_is_deleted_is_room_again(bounded: Site, upstream: Upstream) -> None:
    upstream.script_prompt("to be kept", text=["x" * 500] * 3)
    with bounded.client("charlie") as client:
        name = one(events(client, message="to be kept " + "y" * (QUOTA - 1000)), "start")["conversation_id"]
        before = client.get(f"/api/conversations/{name}").json()
        refused = client.post("/api/chat/stream", json={"message": "no room"})
        assert refused.status_code == 413
        assert f"{QUOTA:,}" in refused.json()["error"]["message"]
        # What is there stays, and is longer than is allowed: an answer is never cut for it.
        assert client.get(f"/api/conversations/{name}").json() == before
        assert len(before["messages"][1]["content"]) == 1500
        client.delete(f"/api/conversations/{name}")
        assert client.post("/api/chat", json={"message": "room again"}).status_code == 200


def test_who_asks_without_end_is_slowed_down_where_nothing_was_set(bounded: Site, upstream: Upstream) -> None:
    upstream.script_prompt("once more", text=["Yes."])
    bounded.admit("greta")
    # However slow the machine is, these were asked within the minute.
    bounded.shell(
        "from tests.admin.rows import talk",
        "greta = User.objects.get(username='greta')",
        "for number in range(58): talk(greta, None, 'a', 'b')",
        "from django.utils import timezone",
        "Generation.objects.filter(owner=greta).update(created_at=timezone.now())",
    )
    with bounded.client("greta") as client:
        answers = [client.post("/api/chat", json={"message": "once more"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) >= 1
    assert "60 times in a minute" in answers[2].json()["error"]["message"]


def test_a_turn_that_is_deleted_is_room_again(bounded: Site, upstream: Upstream) -> None:
    upstream.script_prompt("a turn too long", text=["x" * 500] * 4)
    with bounded.client("admin") as client:
        start = one(events(client, message="a turn too long"), "start")
        assert client.post("/api/chat/stream", json={"message": "no room"}).status_code == 413
        name, question = start["conversation_id"], start["user_message_id"]
        assert client.delete(f"/api/conversations/{name}/messages/{question}").status_code == 204
        assert client.post("/api/chat", json={"message": "room again"}).status_code == 200
