"""Whether a request has left is known to the byte: only what left can cost money."""

import asyncio
import socket

import pytest

from chat.errors import ChatError
from chat.providers.base import CompletionRequest, Endpoint, Provider
from tests.harness.upstream.process import Upstream as Server
from tests.providers.asking import KEY, TURNS, collected
from tests.providers.formats import Wire


@pytest.fixture
def sent() -> list[bool]:
    """What a request adds to when it leaves."""
    return []


async def ask_noting(provider: Provider, model: str, sent: list[bool]) -> ChatError | None:
    """Ask, note in `sent` each time it is said that the request has left, and return the error."""
    request = CompletionRequest(model, TURNS)
    try:
        assert await collected(provider, request, lambda: sent.append(True))
    except ChatError as error:
        return error
    return None


async def test_an_answered_request_has_left_once(sent: list[bool], provider: Provider, model: str) -> None:
    assert await ask_noting(provider, model, sent) is None
    assert sent == [True]


@pytest.mark.parametrize("fault", ["close", "reset"])
async def test_a_line_lost_before_the_answer_was_reached(
    sent: list[bool], fault: str, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, then=fault, before_headers=True)
    error = await ask_noting(provider, model, sent)
    assert sent == [True]
    assert error is not None
    assert error.code == "network_error"


async def test_a_silent_provider_was_reached(
    sent: list[bool], impatient: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, then="hang", before_headers=True)
    error = await ask_noting(impatient, model, sent)
    assert sent == [True]
    assert error is not None
    assert error.code == "timeout"


@pytest.mark.parametrize("scheme", ["http", "https", "ftp"])
async def test_nobody_there_is_not_reached(sent: list[bool], scheme: str, wire: Wire) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"{scheme}://127.0.0.1:{reserved.getsockname()[1]}/v1"
        provider = wire.connect(Endpoint(address, KEY))
        error = await ask_noting(provider, "any", sent)
        await provider.aclose()
    assert sent == []
    assert error is not None


async def test_a_tunnel_that_a_proxy_refuses_was_not_reached(
    sent: list[bool], wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"CONNECT ")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        provider = wire.connect(Endpoint("https://llm.example.org/v1", KEY))
        error = await ask_noting(provider, "any", sent)
        await provider.aclose()
    assert sent == []
    assert error is not None
    assert error.code == "network_error"


class Silent(asyncio.Protocol):
    """A proxy that takes a connection and says nothing."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.asked.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.left.set()


async def test_a_stop_while_the_line_is_made_was_not_reached(
    sent: list[bool], wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Silent()
    proxy = await asyncio.get_running_loop().create_server(lambda: silent, "127.0.0.1", 0)
    async with proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        provider = wire.connect(Endpoint("https://llm.example.org/v1", KEY))
        task = asyncio.create_task(ask_noting(provider, "any", sent))
        await silent.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await silent.left.wait()
        await provider.aclose()
    assert sent == []


async def test_a_stop_before_the_answer_was_reached(
    sent: list[bool], provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, then="hang", before_headers=True)
    task = asyncio.create_task(ask_noting(provider, model, sent))
    await upstream.until(model, lambda record: record.ended == "open")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sent == [True]
