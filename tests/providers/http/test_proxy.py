"""Behind a proxy the HTTP client's own transport carries the requests: it must stream, end and stop as ours does."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from chat.errors import ChatError
from chat.providers.base import Provider
from tests.harness.upstream.process import Upstream as Server
from tests.harness.upstream.script import default_text
from tests.providers.asking import KEY, ask, failing, said
from tests.providers.formats import Wire


class Proxy:
    """A forward proxy for plain HTTP, one request per connection. Source: RFC 9112, section 3.2.2 (absolute form)."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, fields = head.partition(b"\r\n")
        method, target, version = line.split(b" ")
        address = urlsplit(target.decode())
        self.asked.append(target.decode())
        there, back = await asyncio.open_connection(address.hostname, address.port)
        back.write(b" ".join((method, (address.path or "/").encode(), version)) + b"\r\n" + fields)
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass
        finally:
            target.close()


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    proxy = Proxy()
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        yield proxy


@pytest.fixture
async def provider(proxy: Proxy, wire: Wire, upstream: Server) -> AsyncIterator[Provider]:
    """A provider that is reached through the proxy, and takes 0.5 s without a word for a failure."""
    connected = wire.at(upstream, KEY, idle_timeout=0.5)
    yield connected
    await connected.aclose()


async def test_an_answer_streams_through_a_proxy(
    proxy: Proxy, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, tokens=200, delay=0.001)
    assert said(await ask(provider, model)) == default_text(200)
    assert await provider.models()
    assert proxy.asked


async def test_stop_closes_the_connection_behind_a_proxy(
    proxy: Proxy, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, tokens=1000, delay=0.02)
    task = asyncio.create_task(ask(provider, model))
    await upstream.until(model, lambda record: record.pieces >= 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    record = await upstream.until(model, lambda record: record.ended == "client_closed")
    assert record.ended_at is not None
    # Before everything was said.
    assert record.pieces < 1000
    assert proxy.asked


async def test_pings_through_a_proxy_are_no_words(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=9, then="hang", after=2, ping_every=0.05)
    events, error = await failing(provider, model)
    assert (said(events), error.code) == (default_text(2), "timeout")


async def test_a_cut_through_a_proxy_is_no_end(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=9, then="close", after=2)
    events, error = await failing(provider, model)
    assert said(events) == default_text(2)
    assert error.code in ("interrupted", "network_error")


async def test_a_refusal_through_a_proxy_is_the_providers(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, status=429, headers={"Retry-After": "7"})
    _, error = await failing(provider, model)
    assert isinstance(error, ChatError)
    assert (error.code, error.retry_after) == ("rate_limit", 7)
