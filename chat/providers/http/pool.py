"""Carries the requests of an HTTP client over connections of our own, and keeps them for the next.

The client's own transport reads through five layers, each with a timer: that is more than all the rest that a relayed
token takes. It still serves where the environment names a proxy.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from ssl import SSLContext
from typing import Any, Final
from urllib.request import getproxies, proxy_bypass

import httpx2

from chat.providers.errors import refused
from chat.providers.http.batching import ReadBatcher
from chat.providers.http.connection import HTTP11Connection

PROXIES: Final = ("http", "https")
PORTS: Final = {"http": 80, "https": 443}
# A header that is anything else could end it, and begin another. Source: RFC 9110, section 5.5.
WELL_FORMED: Final = re.compile(rb"(?:[^\x00\s]+(?:[ \t]+[^\x00\s]+)*)?")
# Servers close connections that are not used; from so long ago most are still open.
KEPT_SECONDS: Final = 5.0
MOST_KEPT: Final = 128
# Between the tries of two addresses of one name. Source: RFC 8305.
NEXT_ADDRESS_SECONDS: Final = 0.25
NUMERIC: Final = re.compile(r"[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*")

Origin = tuple[str, str, int]


def transport(address: str) -> "ConnectionPool | None":
    """Return the transport for a client that asks `address`; None where it has to be the client's own.

    That one knows proxies. Raises ChatError where it does not know the kind that the environment names.
    """
    proxies = getproxies()
    if not proxies.keys() - {"no"}:
        return ConnectionPool()
    unknown = [kind for kind in ("http", "https", "all") if _scheme(proxies.get(kind, "")) not in PROXIES]
    if not unknown:
        return None
    if proxy_bypass(httpx2.URL(address).host):
        return ConnectionPool()
    name = next((name for name in os.environ if name.lower() == f"{unknown[0]}_proxy"), "the system's settings")
    kind = _scheme(proxies[unknown[0]])
    raise refused(f"The proxy in {name} is of a kind that cannot be used ({kind}). Name one that begins with http://.")


def _scheme(proxy: str) -> str:
    scheme, mark, _ = proxy.partition("://")
    return scheme.lower() if mark else "http"


class ConnectionPool(httpx2.AsyncBaseTransport):
    """See `httpx2.AsyncBaseTransport`. Belongs to one event loop.

    A request's body is read when the connection is there, and sent as soon as it is read.
    """

    def __init__(self) -> None:
        self._tls: SSLContext | None = None
        self._batcher = ReadBatcher()
        self._connections: set[HTTP11Connection] = set()
        self._kept: dict[Origin, dict[HTTP11Connection, asyncio.TimerHandle]] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        origin, head = _origin(request.url), _head(request)
        timeout = request.extensions.get("timeout", {})
        connection = self._take(origin) or await self._connect(origin, timeout.get("connect"))
        try:
            assert isinstance(request.stream, httpx2.AsyncByteStream)  # noqa: S101 - the client is an asynchronous one
            body = b"".join([chunk async for chunk in request.stream])
            status, headers = await connection.ask(head + body, timeout)
        except BaseException:
            connection.abort()
            raise
        self._batcher.readers += 1
        answer = _Body(connection, partial(self._done, connection, origin))
        # The body may be read directly, and how long to wait for more of it changed while it comes.
        extensions = {"read": connection.read, "set_read_timeout": connection.set_read_timeout}
        return httpx2.Response(status, headers=headers, stream=answer, extensions=extensions)

    async def aclose(self) -> None:
        closed = [connection.closed for connection in self._connections]
        for drop in [drop for kept in self._kept.values() for drop in kept.values()]:
            drop.cancel()
        for connection in self._connections:
            connection.abort()
        if closed:
            await asyncio.wait(closed)

    # Connections

    async def _connect(self, origin: Origin, seconds: float | None) -> HTTP11Connection:
        scheme, host, port = origin
        secure: dict[str, Any] = {}
        if scheme == "https":
            if self._tls is None:
                # Reading all the authorities takes a while.
                self._tls = await asyncio.to_thread(httpx2.create_ssl_context)
                self._tls.set_alpn_protocols(["http/1.1"])
            secure = {"ssl": self._tls, "server_hostname": host}
        # A race of one is no use, and asyncio's forgets its sockets when it is cancelled until they are collected.
        loop = asyncio.get_running_loop()
        race: dict[str, Any] = {}
        # uvloop, which other servers may run, tries one address after the other and does not know the argument.
        if isinstance(loop, asyncio.BaseEventLoop) and not NUMERIC.fullmatch(host):
            race = {"happy_eyeballs_delay": NEXT_ADDRESS_SECONDS}
        try:
            async with asyncio.timeout(seconds):
                _, connection = await loop.create_connection(
                    lambda: HTTP11Connection(self._batcher), host, port, **race, **secure
                )
        except TimeoutError:
            raise httpx2.ConnectTimeout("The connection could not be made in time.") from None
        except (OSError, OverflowError) as error:
            raise httpx2.ConnectError(str(error)) from error
        self._connections.add(connection)
        connection.closed.add_done_callback(lambda _: self._connections.discard(connection))
        return connection

    def _take(self, origin: Origin) -> HTTP11Connection | None:
        kept = self._kept.get(origin, {})
        while kept:
            connection, drop = kept.popitem()
            drop.cancel()
            if connection.is_usable:
                return connection
            connection.abort()
        return None

    def _done(self, connection: HTTP11Connection, origin: Origin) -> None:
        """Keep a connection whose answer was read for the next request, or close it."""
        self._batcher.readers -= 1
        kept = self._kept.setdefault(origin, {})
        if connection.is_usable and len(kept) < MOST_KEPT:
            kept[connection] = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._drop, connection, origin)
        else:
            connection.abort()

    def _drop(self, connection: HTTP11Connection, origin: Origin) -> None:
        del self._kept[origin][connection]
        connection.abort()


class _Body(httpx2.AsyncByteStream):
    """An answer's body. Closed before its end, it closes the connection."""

    def __init__(self, connection: HTTP11Connection, done: Callable[[], None]) -> None:
        self._connection = connection
        self._done = done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._connection.read():
            yield piece

    async def aclose(self) -> None:
        self._done()


def _origin(url: httpx2.URL) -> Origin:
    if url.scheme not in PORTS or not url.host:
        raise httpx2.UnsupportedProtocol("An address begins with http:// or https://, and names a host.")
    return url.scheme, url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]


def _head(request: httpx2.Request) -> bytes:
    """Return the request up to its body. Raises LocalProtocolError without a word of it: it may hold the key."""
    headers = request.headers.raw
    if not all(WELL_FORMED.fullmatch(value) for _, value in headers):
        raise httpx2.LocalProtocolError("A header is not well-formed.")
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%b: %b" % header for header in headers]
    return b"\r\n".join([*lines, b"", b""])
