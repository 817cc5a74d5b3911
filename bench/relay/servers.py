"""The relays under load, each a process on a processor of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.harness.site import ROOT, Site

# The server has one processor, everybody else shares the other.
SERVER, OTHERS = {0}, {1}


@dataclass
class Relay:
    """A running relay: its process, and what a load has to say to it (fields of `chat.load.crowd.Load`)."""

    pid: int
    request: Mapping[str, Any]
    site: Site | None = None


def pin(pid: int, processors: set[int]) -> None:
    """Keep a process, with its threads, on these processors."""
    if processors <= os.sched_getaffinity(1):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), processors)


@contextmanager
def process(module: str, *arguments: str, processors: set[int] = SERVER) -> Iterator[tuple[int, str]]:
    """Run a module that prints its address. Gives its pid and the address."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None  # noqa: S101 - it is a pipe
        address = running.stdout.readline().strip()
        pin(running.pid, processors)
        try:
            yield running.pid, address
        finally:
            running.terminate()


@contextmanager
def raw(upstream: str) -> Iterator[Relay]:
    """Nothing parsed: the limit."""
    with process("bench.relay.raw", upstream) as (pid, url):
        body = '{"model":"load","stream":true,"messages":[{"role":"user","content":"WISH"}]}'
        yield Relay(pid, {"url": url, "path": "/v1/chat/completions", "body": body, "mark": "[DONE]"})


@contextmanager
def usual(upstream: str) -> Iterator[Relay]:
    """FastAPI, uvicorn, the SDK's typed stream."""
    with process("bench.relay.usual", upstream) as (pid, url):
        body = '{"messages":[{"role":"user","content":"WISH"}]}'
        yield Relay(pid, {"url": url, "path": "/chat", "body": body, "mark": "[DONE]"})


@contextmanager
def chatsite(upstream: str) -> Iterator[Relay]:
    """All of it: session, CSRF, history, journal, usage."""
    environment = {"OPENAI_BASE_URL": upstream, "CHAT_MAX_STREAMS_PER_USER": "0"}
    with TemporaryDirectory() as directory, Site(Path(directory) / "data", environment) as site:
        pin(site.process.pid, SERVER)
        with closing(site.session("alice")) as client:
            cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            headers = {"Cookie": cookies, "X-CSRFToken": client.headers["X-CSRFToken"]}
        body = '{"model":"load","message":"WISH"}'
        request = {"url": site.url, "path": "/api/chat/stream", "body": body, "headers": headers}
        yield Relay(site.process.pid, request, site)


RELAYS: dict[str, Callable[[str], AbstractContextManager[Relay]]] = {"raw": raw, "usual": usual, "chatsite": chatsite}
