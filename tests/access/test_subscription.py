"""Access that is withdrawn ends what lasts within five seconds, in all processes, and says so."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from queue import Queue
from typing import Any, Final

import httpx2
import pytest

from tests.harness.site import PASSWORD, Site
from tests.harness.stream import Event, parse
from tests.harness.upstream.process import Upstream

MODEL: Final = "gpt-4o-mini"
SECONDS: Final = 5.0
STORES: Final = ["sqlite", "postgres"]
WAYS: Final = {
    "deactivated": "user.is_active = False; user.save()",
    "another password": "user.set_password('another one'); user.save()",
    "all sessions ended": "Session.objects.all().delete()",
    "the key revoked": "user.api_keys.update(revoked_at=timezone.now())",
    "the key expired": "user.api_keys.update(expires_at=timezone.now())",
}


@pytest.fixture(scope="module", params=STORES)
def pair(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Site]]:
    """Two processes on one database; on PostgreSQL Redis rings between them, on SQLite they only look."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "SECRET_KEY": "only-for-this-test-" + "x" * 40}
    if request.param == "postgres":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
        environment["REDIS_URL"] = request.getfixturevalue("redis_url")
    directory = tmp_path_factory.mktemp("shared")
    with Site(directory, environment) as first:
        first.until_listed(MODEL)
        second = Site(directory, environment, people=False)
        second.keys = first.keys
        with second:
            yield first, second
        written = "".join(first.output + second.output)
        assert "Traceback" not in written, written


class Reader:
    """Reads a stream in a thread."""

    def __init__(self, pool: ThreadPoolExecutor, client: httpx2.Client, method: str, path: str, **body: Any) -> None:
        self.events: list[Event] = []
        self.opened = threading.Event()
        self.heard: Queue[Event] = Queue()
        self._done: Future[None] = pool.submit(self._read, client, method, path, body)

    def _read(self, client: httpx2.Client, method: str, path: str, body: dict[str, Any]) -> None:
        with client.stream(method, path, json=body or None) as response:
            assert response.status_code == 200, response.read()
            self.opened.set()
            for _, event in parse(response.iter_lines()):
                self.events.append(event)
                self.heard.put(event)

    def ended(self, seconds: float) -> None:
        """Wait for the end, no longer than so."""
        self._done.result(seconds)


def is_told(events: list[Event]) -> bool:
    last = events[-1] if events else {}
    told = "withdrawn" in last.get("message", "")
    return last.get("type") == "error" and last["error_type"] == "interrupted" and not last["retryable"] and told


@pytest.mark.parametrize("way", WAYS)
def test_what_lasts_ends_in_both_processes(way: str, pair: tuple[Site, Site], upstream: Upstream) -> None:
    first, second = pair
    name = f"person-{list(WAYS).index(way)}"
    prompt = f"until {way} for {name}"
    upstream.script_prompt(prompt, tokens=20, then="hang", after=3)
    printed = first.shell(
        f"user = User.objects.create_user({name!r}, password={PASSWORD!r})", "print(ApiKey.issue(user, 'tests')[1])"
    )
    first.keys[name] = printed.split()[-1]
    by_key = way.startswith("the key")
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor())

        def client(site: Site) -> httpx2.Client:
            found = site.client(name) if by_key else site.session(name)
            return stack.enter_context(closing(found))

        asked = Reader(pool, client(first), "POST", "/api/chat/stream", message=prompt, model=MODEL)
        generation = asked.heard.get(timeout=15)["generation_id"]
        whole = pool.submit(client(second).post, "/api/chat", json={"message": prompt, "model": MODEL})
        readers = [asked]
        for site in pair:
            readers.append(Reader(pool, client(site), "GET", f"/api/generations/{generation}/stream"))
            readers.append(Reader(pool, client(site), "GET", "/api/events"))
        for reader in readers:
            assert reader.opened.wait(15)
        # The whole answer is under way, too.
        while len(upstream.log(MODEL)) < 2 or not [r for r in upstream.log(MODEL)[-2:] if prompt in str(r.body)]:
            assert not whole.done(), whole.result().text
        first.shell(
            "from django.contrib.sessions.models import Session",
            "from django.utils import timezone",
            f"user = User.objects.get(username={name!r})",
            WAYS[way],
        )
        for reader in readers:
            reader.ended(SECONDS)
        answer = whole.result(SECONDS)
        assert answer.status_code in {401, 502}
        assert "withdrawn" in answer.json()["error"]["message"]
        assert [reader.events for reader in readers if not is_told(reader.events)] == []


def test_who_was_not_meant_stays(pair: tuple[Site, Site], upstream: Upstream) -> None:
    first = pair[0]
    upstream.script_prompt("let me stay", tokens=20, then="hang", after=3)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor())
        clients = [stack.enter_context(site.client(who)) for site in pair for who in ("alice", "bob")]
        lists = [Reader(pool, client, "GET", "/api/events") for client in clients]
        for each in lists:
            assert each.opened.wait(15)
        first.shell(
            "from django.utils import timezone",
            "User.objects.get(username='alice').api_keys.update(revoked_at=timezone.now())",
        )
        for each, client in zip(lists, clients, strict=True):
            if client in (clients[0], clients[2]):
                each.ended(SECONDS)
                assert is_told(each.events)
        # Bob's lists still tell.
        name = clients[1].post("/api/chat", json={"message": "still here", "model": MODEL}).json()["conversation_id"]
        for each in (lists[1], lists[3]):
            event = each.heard.get(timeout=15)
            assert event["conversation"]["id"] == name
        first.shell("user = User.objects.get(username='bob')", "user.is_active = False", "user.save()")
        for each in (lists[1], lists[3]):
            each.ended(SECONDS)


DOWNLOADS: Final = {
    "/api/export?format=json": "the key revoked",
    "/settings/data/download": "another password",
    "/admin/usage/export.csv": "no staff any more",
}
# More than the sockets hold between a server and a client who does not read.
FILL: Final = """
from django.utils import timezone
from chat.models import UsageRecord
import os
from chat.models import Picture
talk = Conversation.objects.create(owner=user, title="long")
said = [Message.objects.create(conversation=talk, role="user", content="word " * 20_000) for _ in range(60)]
Picture.objects.bulk_create([
    Picture(message=said[0], media_type="image/png", data=os.urandom(1_000_000), size=1_000_000) for _ in range(6)
])
UsageRecord.objects.bulk_create([
    UsageRecord(user_id=user.pk, username="x" * 150, model="m" * 200, provider="p" * 50, elapsed_seconds=1,
                conversation_id=talk.pk, message_id=uuid.uuid4(), generation_id=uuid.uuid4(), kind="answer",
                source="estimated", asked_at=timezone.now())
    for _ in range(10_000)
])
"""


@pytest.mark.parametrize("path", DOWNLOADS)
def test_a_download_is_cut_off_and_does_not_look_whole(path: str, pair: tuple[Site, Site]) -> None:
    first, second = pair
    way = DOWNLOADS[path]
    name = f"leaver-{list(DOWNLOADS).index(path)}"
    printed = first.shell(
        "import uuid",
        f"user = User.objects.create_superuser({name!r}, password={PASSWORD!r})",
        FILL,
        "print(ApiKey.issue(user, 'tests', scopes=['chat', 'usage', 'admin'])[1])",
    )
    first.keys[name] = second.keys[name] = printed.split()[-1]
    headers, cookies = {"Authorization": f"Bearer {first.keys[name]}"}, {}
    if not way.startswith("the key"):
        with closing(second.session(name)) as browser:
            headers, cookies = {}, dict(browser.cookies)
    narrow = httpx2.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)])
    client = httpx2.Client(base_url=second.url, headers=headers, cookies=cookies, timeout=30, transport=narrow)
    with client, client.stream("GET", path) as response:
        assert response.status_code == 200
        parts = response.iter_raw(10_000)
        next(parts)
        first.shell(
            "from django.contrib.sessions.models import Session",
            "from django.utils import timezone",
            f"user = User.objects.get(username={name!r})",
            {**WAYS, "no staff any more": "user.is_staff = False; user.is_superuser = False; user.save()"}[way],
        )
        time.sleep(SECONDS)
        with pytest.raises(httpx2.RemoteProtocolError):
            for _ in parts:
                pass
    cut = f"A download of user {first.shell(f'print(User.objects.get(username={name!r}).pk)').strip()} was cut off"
    assert any(cut in line for line in second.output)
