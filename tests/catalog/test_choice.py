"""Who may use which model: everybody, or the groups and people that the admin names, wherever a model is chosen."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from tests.harness import patience
from tests.harness.site import Site
from tests.harness.stream import events, one
from tests.harness.upstream.process import Upstream

SECRET, OPEN = "gpt-4o", "gpt-4o-mini"
PEOPLE = ("member", "named", "stranger")


@pytest.fixture(scope="module")
def guarded(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that keeps its default model, which is also the one for titles, for a group and a person."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "CHAT_TITLE_MODEL": SECRET, "CHAT_MAX_RETRIES": "0"}
    with Site(tmp_path_factory.mktemp("guarded"), environment) as site:
        site.manage("syncmodels")
        printed = site.shell(
            f"for name in {PEOPLE!r}:",
            f"    user = User.objects.create_user(name, password={'correct horse battery staple'!r})",
            "    print(name, ApiKey.issue(user, 'tests')[1])",
            "group = Group.objects.create(name='insiders')",
            "User.objects.get(username='member').groups.add(group)",
            f"model = ChatModel.objects.get(name={SECRET!r})",
            "ChatModel.objects.update(is_default=False)",
            "model.is_default = model.is_limited = True",
            "model.save()",
            "model.groups.add(group)",
            "model.people.add(User.objects.get(username='named'))",
        )
        words = printed.split()
        site.keys |= dict(zip(words[::2], words[1::2], strict=True))
        yield site


def models(client: httpx2.Client) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.get("/api/models").json()["models"]
    return listed


@pytest.mark.parametrize("person", ["member", "named"])
def test_whom_a_model_is_for_has_it_and_it_is_the_default(person: str, guarded: Site) -> None:
    with guarded.client(person) as client:
        assert next(each["name"] for each in models(client) if each["is_default"]) == SECRET
        assert one(events(client, message="Open to me?", model=SECRET), "start")["model"] == SECRET
        assert one(events(client, message="And by itself?"), "start")["model"] == SECRET


@pytest.mark.parametrize("person", ["stranger", "admin"])
def test_for_others_it_is_not_there_at_either_address(person: str, guarded: Site, upstream: Upstream) -> None:
    with guarded.client(person) as client:
        names = [each["name"] for each in models(client)]
        assert SECRET not in names
        assert OPEN in names
        for path in ("/api/chat", "/api/chat/stream"):
            refused = client.post(path, json={"message": "Let me in where I may not", "model": SECRET})
            unknown = client.post(path, json={"message": "Let me in where I may not", "model": "no-such"})
            assert refused.status_code == unknown.status_code == 400
            assert refused.json()["error"]["message"].replace(SECRET, "no-such") == unknown.json()["error"]["message"]
        start = one(events(client, message="What is left for me?"), "start")
        assert start["model"] != SECRET
        answer = client.patch(f"/api/conversations/{start['conversation_id']}", json={"model": SECRET})
        assert answer.status_code == 400
    assert not [r for r in upstream.log(SECRET) if "where I may not" in str(r.body)]


def test_the_page_offers_only_what_may_be_used(guarded: Site) -> None:
    for person, is_offered in (("stranger", False), ("member", True)):
        with closing(guarded.session(person)) as browser:
            assert (f"&quot;{SECRET}&quot;" in browser.get("/").text) is is_offered


def titles_asked(upstream: Upstream, prompt: str) -> int:
    asked = (request.body["messages"] for request in upstream.log(SECRET))
    return len([messages for messages in asked if len(messages) > 1 and prompt in str(messages[-1])])


def test_no_title_comes_from_a_model_that_is_for_others(guarded: Site, upstream: Upstream) -> None:
    with guarded.client("stranger") as client:
        events(client, message="a stranger's harvest", model=OPEN)
    with guarded.client("member") as client:
        events(client, message="a member's harvest", model=OPEN)
    deadline = time.monotonic() + patience.SECONDS
    while not titles_asked(upstream, "a member's harvest") and time.monotonic() < deadline:
        time.sleep(0.05)
    # The stranger's answer ended before the member was asked for.
    assert titles_asked(upstream, "a member's harvest") == 1
    assert titles_asked(upstream, "a stranger's harvest") == 0


def test_a_conversation_whose_model_was_taken_away_stays_readable_and_says_so(guarded: Site) -> None:
    with guarded.client("named") as client:
        name = one(events(client, message="Remember me.", model=SECRET), "start")["conversation_id"]
        path = f"/api/conversations/{name}"
        assert client.get(path).json()["model_available"] is True
        named = "User.objects.get(username='named')"
        guarded.shell(f"ChatModel.objects.get(name={SECRET!r}).people.remove({named})")
        found = client.get(path).json()
        assert (found["model"], found["model_available"]) == (SECRET, False)
        assert found["messages"][0]["content"] == "Remember me."
        again = {"message": "Go on.", "conversation_id": name, "model": SECRET}
        assert client.post("/api/chat", json=again).status_code == 400
        with closing(guarded.session("named")) as browser:
            page = browser.get(f"/c/{name}").text
            assert f"You cannot use {SECRET} any more." in page
            assert "Remember me." in page
        start = one(events(client, message="Go on.", conversation_id=name), "start")
        assert start["model"] != SECRET
        assert client.get(path).json()["model_available"] is True
        guarded.shell(f"ChatModel.objects.get(name={SECRET!r}).people.add({named})")


def test_a_group_that_is_deleted_opens_nothing(guarded: Site) -> None:
    guarded.shell("Group.objects.filter(name='insiders').delete()")
    guarded.shell(f"ChatModel.objects.get(name={SECRET!r}).people.clear()")
    for person in PEOPLE:
        with guarded.client(person) as client:
            assert SECRET not in [each["name"] for each in models(client)]
