"""One connection from a client: kept within limits, whatever the client does."""

# Before anything of Twisted's, for the reactor it installs.
import daphne.server  # isort: skip  # noqa: F401

import socket
from asyncio import Event
from collections.abc import Callable
from time import monotonic
from typing import Any

from daphne.http_protocol import HTTPFactory
from twisted.web import http

from chatsite.application.errors import BAD_REQUEST, NO_PREFETCH, REQUEST_TIMEOUT, HTTPError, too_large
from chatsite.server.limits import Limits
from chatsite.server.request import Request

# Twisted's own types know neither what a transport can do nor what its methods take.
HTTPChannel: Any = http.HTTPChannel


class Connection(HTTPChannel):  # type: ignore[misc]
    """A connection with deadlines for reading, and back-pressure for writing.

    Twisted calls it a channel. Methods in camel case override Twisted's.
    """

    limits: Limits

    def connectionMade(self) -> None:  # noqa: N802
        super().connectionMade()
        self.limits = self.factory.limits
        self.is_refused = False
        self._has_answered = False
        # Whether there is room to write, or nobody to write to.
        self.writable = Event()
        self.writable.set()
        self.factory.connections.add(self)
        # The system knows what the client took; our own buffer moves in jumps of megabytes, which says little.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = int(self.limits.stall_seconds * 1000)
            self.transport.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        self._wait_for_request()

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self.factory.connections.discard(self)
        self._wait(None)
        self.writable.set()
        super().connectionLost(reason)

    # Waiting for the client

    def _wait(self, seconds: float | None, then: Callable[[], object] | None = None) -> None:
        self._deadline, self._then = None if seconds is None else monotonic() + seconds, then

    def _wait_for_request(self) -> None:
        self._idle = True
        self._wait(self.limits.idle_seconds, self.loseConnection)

    def check(self, now: float) -> None:
        """Do what is due at `now` (monotonic). Called every second or two."""
        if self._deadline is not None and self._then is not None and now > self._deadline:
            self._deadline = None
            self._then()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._idle:
            self._idle = False
            self._wait(self.limits.header_seconds, self._refuse_slow)
        super().dataReceived(data)

    def expect_body(self, received: int) -> None:
        """Wait for the rest of a body of which so much has come."""
        self._wait_until_slow(received / self.limits.body_bytes_per_second)

    def _wait_until_slow(self, extra: float) -> None:
        self._then, self._deadline = self._refuse_slow, self._body_began + self.limits.body_seconds + extra

    def allHeadersReceived(self) -> None:  # noqa: N802
        # Before Twisted makes room for the body, and before it says 100 Continue.
        if self.length is not None and self.length > self.limits.body_bytes:
            self.refuse_body()
            return
        self._body_began = monotonic()
        self._wait_until_slow(0)
        super().allHeadersReceived()

    def allContentReceived(self) -> None:  # noqa: N802
        if not self.is_refused:
            self._wait(None)
            super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802
        self._has_answered = True
        self._wait_for_request()
        super().requestDone(request)

    def checkPersistence(self, request: Any, version: bytes) -> bool:  # noqa: N802
        if self.factory.is_retired:
            request.responseHeaders.setRawHeaders(b"connection", [b"close"])
            return False
        return bool(super().checkPersistence(request, version))

    def retire(self) -> None:
        """Close after the request under way, or now if there is none; a first one may be on its way."""
        if self._idle and self._has_answered:
            self.loseConnection()
        else:
            self.persistent = False

    # Refusing

    def refuse(self, error: HTTPError) -> None:
        """Answer with an error instead of hearing the request out, and close."""
        if self.is_refused:
            return
        self.is_refused, self.persistent = True, False
        body = error.body
        lines = (
            b"HTTP/1.1 %d %b" % (error.status, error.phrase.encode()),
            b"Server: chatsite",
            b"Connection: close",
            b"Content-Type: application/json",
            b"Content-Length: %d" % len(body),
            b"%b: %b" % NO_PREFETCH,
        )
        self.transport.write(b"\r\n".join((*lines, b"", body)))
        # Closing all of it at once would reset the connection while the client still sends.
        self.transport.loseWriteConnection()
        self._wait(self.limits.linger_seconds, self.transport.abortConnection)

    def refuse_body(self) -> None:
        """413: the body is larger than the limit."""
        self.refuse(too_large(self.limits.body_bytes))

    def _refuse_slow(self) -> None:
        self.refuse(REQUEST_TIMEOUT)

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802
        self.refuse(BAD_REQUEST)

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        # Twisted would end the connection at once, and with it the answer.
        if not self.is_refused:
            super().lineReceived(line)

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        if not self.is_refused:
            super().rawDataReceived(data)

    # Writing, but not more than the client reads

    def send(self, data: bytes) -> None:
        """Write at once what the system takes; Twisted would have the loop tell first that it may write."""
        if not self.transport.dataBuffer and not self.transport._tempDataBuffer:
            sent = self.transport.writeSomeData(data)
            if isinstance(sent, int):
                data = data[sent:]
        # What is left over, and a line that is broken: Twisted finds that again, and tells everybody.
        if data:
            self.transport.write(data)

    def pauseProducing(self) -> None:  # noqa: N802
        """The transport says that its buffer is full (64 KiB)."""
        self.writable.clear()
        super().pauseProducing()

    def resumeProducing(self) -> None:  # noqa: N802
        """The transport says that its buffer is empty."""
        self.writable.set()
        super().resumeProducing()


class ConnectionFactory(HTTPFactory):  # type: ignore[misc]
    """Makes the connections, and knows those that are open."""

    protocol = Connection

    def __init__(self, server: object, limits: Limits) -> None:
        super().__init__(server)
        # `Connection.check` keeps all the times; Twisted's own timer would be set anew with every packet.
        self.timeOut = None
        self.limits = limits
        self.connections: set[Connection] = set()
        self.is_retired = False

    def buildProtocol(self, addr: object) -> Connection:  # noqa: N802
        connection: Connection = super().buildProtocol(addr)
        connection.requestFactory = Request
        return connection
