"""Starts the scripted upstream in a process of its own, and talks to its control endpoints."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

import msgspec

from tests.harness import patience
from tests.harness.upstream.bill import Bill
from tests.harness.upstream.record import Record
from tests.harness.upstream.script import Script
from tests.harness.upstream.server import Order

ROOT = Path(__file__).resolve().parents[3]


class Upstream:
    """A scripted upstream; a context manager. `url` is its address, `base_url` what goes into OPENAI_BASE_URL.

    Give every test a model name (or words in the prompt) of its own, and tests that run at once do not meet.
    """

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self.url = ""

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """What goes into ANTHROPIC_BASE_URL."""
        return self.url

    def start(self) -> Self:
        command = [sys.executable, "-m", "tests.harness.upstream", "--port", "0", "--with-stdin", *self._arguments]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, "the upstream did not start"
        return self

    def stop(self) -> None:
        self._process.communicate(timeout=patience.SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def script(self, model: str, **knobs: Any) -> None:
        """From now on requests for `model` (or a path such as "/v1/models") get `Script(**knobs)`."""
        self._order(Order(model=model, scripts=[Script(**knobs)]))

    def scripts(self, model: str, *each: Mapping[str, Any]) -> None:
        """The n-th request for `model` gets the n-th script, all after the last one the last."""
        self._order(Order(model=model, scripts=[Script(**knobs) for knobs in each]))

    def script_prompt(self, prompt: str, *each: Mapping[str, Any], **knobs: Any) -> None:
        """Like `script` (with `knobs`) or `scripts` (with `each`), for requests whose user messages hold `prompt`."""
        self._order(Order(prompt=prompt, scripts=[Script(**one) for one in each or (knobs,)]))

    def bill(self, key: str, days: Mapping[str, list[str]], **more: Any) -> None:
        """From now on whoever asks with this key for costs is told these: for each day results in JSON, as they are."""
        self._call("POST", "/control/bill", msgspec.json.encode(Bill(key=key, days=dict(days), **more)))

    def release(self, prompt: str) -> None:
        """Let every answer that hangs after a question with these words go on."""
        self._call("POST", "/control/release", msgspec.json.encode({"prompt": prompt}))

    def log(self, model: str | None = None) -> list[Record]:
        """Return the requests so far, oldest first."""
        query = "" if model is None else f"?model={quote(model, safe='')}"
        return msgspec.json.decode(self._call("GET", f"/control/log{query}"), type=list[Record])

    def wait_for(self, model: str, predicate: Callable[[Record], bool], *, seconds: float = patience.SECONDS) -> Record:
        """Return the first request for `model` that satisfies `predicate`; AssertionError when none does in time."""
        deadline = time.monotonic() + seconds
        while (found := self._find(model, predicate)) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert found is not None, self.log(model)
        return found

    async def until(
        self, model: str, predicate: Callable[[Record], bool], *, seconds: float = patience.SECONDS
    ) -> Record:
        """`wait_for` in a test whose own event loop has to go on meanwhile."""
        return await asyncio.to_thread(self.wait_for, model, predicate, seconds=seconds)

    def _find(self, model: str, predicate: Callable[[Record], bool]) -> Record | None:
        return next((record for record in self.log(model) if predicate(record)), None)

    def _order(self, order: Order) -> None:
        self._call("POST", "/control/script", msgspec.json.encode(order))

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=patience.SECONDS)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer = response.read()
            assert response.status < 300, answer
            return answer
        finally:
            connection.close()
