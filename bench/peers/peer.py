"""What a peer is: which packages, how it is started, and what it says when it is asked without us."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal

import httpx2

from bench.peers.programs import chain

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
STOP_SECONDS = 10
ASK_SECONDS = 120


@dataclass(frozen=True)
class Whole:
    """An answer that was not streamed, as the peer gave it: what it said, how it ended, what it counted.

    None: it did not count, which is also what counts of nothing but zeros mean.
    """

    text: str
    finish: str | None
    prompt_tokens: int | None
    completion_tokens: int | None


@dataclass(frozen=True)
class Account:
    """What the server itself has booked since it was started: tokens that it wrote, and answers; None: unknown."""

    completion_tokens: int | None = None
    answers: int | None = None


class Peer(ABC):
    """A server, pinned. `python` is that of its environment, `directory` a temporary folder of its own."""

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    door: ClassVar[Literal["openai", "anthropic"]] = "openai"
    model: str = "chain"
    key: ClassVar[str] = ""
    # What only this server does; the table tells it and takes it for right.
    lists_models: ClassVar[bool] = True
    refuses_unknown: ClassVar[bool] = True
    refuses_long: ClassVar[bool] = True
    stops: ClassVar[bool] = True
    counts_streams: ClassVar[bool] = True
    # Tokens that its conversations may have; None: it knows no limit, or not for a conversation.
    window: ClassVar[int | None] = None

    def __init__(self, python: Path, directory: Path) -> None:
        self.python = python
        self.directory = directory
        self.port = free_port()
        # Whether it is to take its time, where it can.
        self.starts_slowly = False

    def prepare(self, stack: ExitStack) -> None:  # noqa: B027
        """Make what the server needs; what must run beside it goes on the stack."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return how it is started, on `port` of the loopback."""

    def variables(self) -> Mapping[str, str]:
        """Return environment variables of its own."""
        return {}

    def account(self) -> Account:
        """Return what the server has booked so far."""
        return Account()

    def loop(self) -> str:
        """Return what it says to LOOP: all of it, or more than it ever says where there is no end."""
        return "".join(islice(chain.answer("LOOP"), 4 * chain.CONTEXT))

    def is_ready(self) -> bool:
        """Whether it would answer now."""
        with contextlib.suppress(httpx2.HTTPError):
            return self.get("/v1/models").status_code == 200
        return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> httpx2.Response:
        """Ask the server itself."""
        return httpx2.get(self.url + path, headers=self._headers(), timeout=10, trust_env=False)

    def whole(self, message: str, max_tokens: int | None = None) -> Whole:
        """Return the server's own answer, not streamed. AssertionError where it gives none."""
        anthropic = self.door == "anthropic"
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "user", "content": message}],
            "temperature": 0,
        }
        if limit := max_tokens or (4096 if anthropic else None):
            body["max_tokens"] = limit
        path = "/v1/messages" if anthropic else "/v1/chat/completions"
        answer = httpx2.post(self.url + path, json=body, headers=self._headers(), timeout=ASK_SECONDS, trust_env=False)
        if answer.status_code != 200:
            raise AssertionError(answer.text)
        return (_from_anthropic if anthropic else _from_openai)(answer.json())

    def _headers(self) -> dict[str, str]:
        if self.door == "anthropic":
            return {"anthropic-version": "2023-06-01", **({"x-api-key": self.key} if self.key else {})}
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the server; it and all its children are gone afterwards."""
        with (self.directory / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                self.command(), cwd=ROOT, env=clean(self.variables()), stdout=log, stderr=log, start_new_session=True
            )
            try:
                yield
            finally:
                end(process)

    def listens(self) -> bool:
        """Whether its port takes connections."""
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0

    def until(self, is_so: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Wait until something is so; AssertionError with the end of the log when it is not in time."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise AssertionError((self.directory / "log.txt").read_text(errors="replace")[-2000:])
            time.sleep(0.02)


def clean(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables for a peer: nothing of ours, no proxy, no hub."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | {"NO_PROXY": "*", "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"} | dict(more)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and its group: politely, then at once."""
    for how, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    # Children that outlived their parent are in the group still.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def _from_openai(answer: dict[str, Any]) -> Whole:
    choice, usage = answer["choices"][0], answer.get("usage") or {}
    return Whole(
        choice["message"]["content"] or "",
        choice.get("finish_reason"),
        usage.get("prompt_tokens") or None,
        usage.get("completion_tokens") or None,
    )


def _from_anthropic(answer: dict[str, Any]) -> Whole:
    usage = answer.get("usage") or {}
    text = "".join(block["text"] for block in answer["content"] if block["type"] == "text")
    prompt = sum(usage.get(name) or 0 for name in INPUTS)
    return Whole(text, answer.get("stop_reason"), prompt or None, usage.get("output_tokens") or None)


INPUTS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
