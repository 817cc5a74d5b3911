"""A very small HTTP/1.1 server connection, made so that each byte and each end can be scripted."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.client import responses
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

numbers = count(1)


@dataclass(frozen=True, slots=True)
class Request:
    """What the client sent; header names are in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    raw_body: bytes

    @property
    def json(self) -> dict[str, Any]:
        value = json.loads(self.raw_body) if self.raw_body else {}
        return value if isinstance(value, dict) else {}


class Connection(asyncio.Protocol):
    """Serves one client, request after request.

    When the client goes away the handler is cancelled wherever it waits; `bytes_sent` counts the bodies' bytes.
    """

    def __init__(self, handler: Callable[["Connection", Request], Awaitable[None]]) -> None:
        self._handler = handler
        self.number = next(numbers)
        self._incoming = bytearray()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self.bytes_sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # A slow client shall be felt here, not hidden in a buffer.
        transport.set_write_buffer_limits(high=16 * 1024)
        self._task = asyncio.create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._incoming += data
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def _serve(self) -> None:
        while not self._transport.is_closing():
            await self._handler(self, await self._request())

    async def _until(self, enough: Callable[[], bool]) -> None:
        while not enough():
            self._arrived.clear()
            await self._arrived.wait()

    async def _request(self) -> Request:
        await self._until(lambda: b"\r\n\r\n" in self._incoming)
        head, _, rest = bytes(self._incoming).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        self._incoming = bytearray(rest)
        await self._until(lambda: len(self._incoming) >= length)
        body = bytes(self._incoming[:length])
        del self._incoming[:length]
        method, target, _ = first.split(" ", 2)
        parts = urlsplit(target)
        return Request(method, parts.path, parse_qs(parts.query), headers, body)

    async def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Send a whole response."""
        self._head(status, headers | {"Content-Length": str(len(body))})
        await self._write(body)

    def begin(self, status: int, headers: dict[str, str]) -> None:
        """Send the head of a response whose body comes in pieces."""
        self._head(status, headers | {"Transfer-Encoding": "chunked"})

    async def send(self, data: bytes) -> None:
        """Send a piece of the body; returns when there is room for more."""
        if data:
            await self._write(b"%x\r\n%b\r\n" % (len(data), data), len(data))

    async def end(self) -> None:
        await self._write(b"0\r\n\r\n", 0)

    def close(self) -> None:
        """Close in the middle of whatever was being said; what was written still arrives."""
        self._transport.close()

    def reset(self) -> None:
        """Close with a TCP reset."""
        sock: socket.socket = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _head(self, status: int, headers: dict[str, str]) -> None:
        reason = responses.get(status, "Scripted")
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    async def _write(self, data: bytes, counted: int | None = None) -> None:
        self._transport.write(data)
        self.bytes_sent += len(data) if counted is None else counted
        await self._writable.wait()
