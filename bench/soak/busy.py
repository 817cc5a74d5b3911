"""A site for many clients in front of a scripted upstream, and how they ask it."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.soak.figure import Footprint
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o-mini"
SLOW = "gpt-4o"


@contextmanager
def serving(directory: Path) -> Iterator[tuple[Site, Upstream]]:
    """Run a site in front of a scripted upstream; a user may have any number of streams."""
    settings = {"CHAT_MAX_STREAMS_PER_USER": "0", "CHAT_DISCONNECT_GRACE": "0"}
    with Upstream() as upstream:
        upstream.script(MODEL, stamps=True, tokens=100_000, delay=0.025)
        upstream.script(SLOW, tokens=2, then="hang", after=1)
        upstream.script("flood", text=["words " * 80] * 1024, delay=0.1)
        with Site(directory, {"OPENAI_BASE_URL": upstream.base_url, **settings}) as site:
            site.until_listed("flood")
            yield site, upstream


@contextmanager
def answering() -> Iterator[tuple[Site, Upstream]]:
    """A site of its own with everyday limits; what it stores is removed."""
    with tempfile.TemporaryDirectory() as directory, Upstream() as upstream:
        environment = {"OPENAI_BASE_URL": upstream.base_url, "CHAT_MAX_STREAMS_PER_USER": "0"}
        with Site(Path(directory) / "data", environment) as site:
            site.until_listed("gpt-4o")
            yield site, upstream


def request(site: Site, model: str, message: str = "soak") -> bytes:
    """Return a question as it goes over the wire."""
    body = json.dumps({"message": message, "model": model}).encode()
    head = (
        f"POST /api/chat/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {site.keys['alice']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def port_of(site: Site) -> int:
    """Return the port of a running site."""
    return int(site.url.rpartition(":")[2])


def settled(site: Site, goal: Footprint | None, seconds: float = 30) -> Footprint:
    """Wait until the server holds no more than `goal`, or two seconds without a change; at most so long."""
    deadline, last, since = time.monotonic() + seconds, Footprint.of(site), time.monotonic()
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now = Footprint.of(site)
        if goal is not None and now.sockets <= goal.sockets:
            return now
        if (now.files, now.threads) != (last.files, last.threads):
            last, since = now, time.monotonic()
        elif goal is None and time.monotonic() - since > 2:
            return now
    return Footprint.of(site)
