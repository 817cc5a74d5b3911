"""When the site is started and stopped, by what a server says or does not say."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from chatsite.application.lifecycle import Lifecycle

HTTP = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "headers": []}


class Site:
    """A site that notes what happens to it; `start` and `stop` may fail."""

    def __init__(self, start: Exception | None = None, stop: Exception | None = None) -> None:
        self.happened: list[str] = []
        self.sent: list[Any] = []
        self.told: asyncio.Queue[Any] = asyncio.Queue()
        self._failures = {"start": start, "stop": stop}
        self.lifecycle = Lifecycle(self._answer, start=self._hook("start"), stop=self._hook("stop"))

    def _hook(self, name: str) -> Callable[[], Any]:
        async def hook() -> None:
            await asyncio.sleep(0)
            self.happened.append(name)
            if failure := self._failures[name]:
                raise failure

        return hook

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        self.happened.append("request")
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def call(self, scope: Any) -> list[Any]:
        """Make a request. Returns what was sent."""
        self.sent.clear()
        await self.lifecycle(scope, self.told.get, self.send)
        return list(self.sent)

    def begin(self) -> "asyncio.Task[None]":
        """Begin a lifespan."""
        return asyncio.create_task(self.lifecycle({"type": "lifespan"}, self.told.get, self.send))

    async def tell(self, event: str) -> str:
        """Say what is next in the lifespan. Returns the type of the answer."""
        self.sent.clear()
        await self.told.put({"type": event})
        while not self.sent:
            await asyncio.sleep(0.001)
        return str(self.sent[-1]["type"])


async def test_a_lifespan_starts_the_site_and_stops_it_and_no_request_is_taken_then() -> None:
    site = Site()
    lifespan = site.begin()
    assert await site.tell("lifespan.startup") == "lifespan.startup.complete"
    assert site.happened == ["start"]
    assert (await site.call(HTTP))[0]["status"] == 204
    assert await site.tell("lifespan.shutdown") == "lifespan.shutdown.complete"
    await lifespan
    assert site.happened == ["start", "request", "stop"]
    refused = await site.call(HTTP)
    assert refused[0]["status"] == 503
    assert (b"connection", b"close") in refused[0]["headers"]
    assert site.happened == ["start", "request", "stop"]


async def test_without_a_lifespan_the_first_request_starts_the_site() -> None:
    site = Site()
    for _ in range(3):
        assert (await site.call(HTTP))[0]["status"] == 204
        await asyncio.sleep(0.01)
    assert site.happened.count("start") == 1
    assert site.happened.count("request") == 3


async def test_a_start_that_fails_is_told_and_so_is_a_stop(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(start=RuntimeError("no database"))
    lifespan = site.begin()
    assert await site.tell("lifespan.startup") == "lifespan.startup.failed"
    assert site.sent[-1]["message"] == "no database"
    await lifespan
    site = Site(stop=RuntimeError("no database"))
    lifespan = site.begin()
    await site.tell("lifespan.startup")
    assert await site.tell("lifespan.shutdown") == "lifespan.shutdown.failed"
    await lifespan
    assert caplog.text.count("no database") == 2


async def test_a_start_that_fails_without_a_lifespan_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(start=RuntimeError("no database"))
    assert (await site.call(HTTP))[0]["status"] == 204
    await asyncio.sleep(0.01)
    assert "no database" in caplog.text


async def test_a_websocket_is_refused() -> None:
    assert await Site().call({"type": "websocket"}) == [{"type": "websocket.close"}]
