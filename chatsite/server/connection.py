"""One connection from a client, and the requests that come over it: within limits, whatever the client does."""

# Before anything of Twisted's, for the reactor it installs.
import daphne.server  # isort: skip  # noqa: F401

import json
import socket
from asyncio import Future, get_running_loop, shield
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.web import http

from chatsite.application.errors import NO_PREFETCH as NO_PREFETCH_TEXT

# Twisted's own types know neither what a transport can do nor what its methods take.
HTTPChannel: Any = http.HTTPChannel
NO_PREFETCH = (NO_PREFETCH_TEXT[0].encode(), NO_PREFETCH_TEXT[1].encode())


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may cost. Times in seconds, sizes in bytes."""

    body_bytes: int = 2 * 1024 * 1024
    # From the first byte of a request to the end of its headers.
    header_seconds: float = 30
    # For the body: this long, and as much more as what has come takes at the slowest line we wait for.
    body_seconds: float = 30
    body_bytes_per_second: float = 1024
    # Between two requests; longer than the 60 s for which proxies usually keep theirs.
    idle_seconds: float = 75
    # What was sent and is not taken for so long: the client has vanished, or is not going to read the rest.
    stall_seconds: float = 60
    # How long what a refused client still sends is thrown away. Closing at once would reset the connection, and the
    # client would lose the answer that tells it why.
    linger_seconds: float = 3
    # What SIGTERM leaves for storing the answers under way; answering the last requests takes another second.
    drain_seconds: float = 8


class Request(WebRequest):  # type: ignore[misc]
    """A request whose body is counted, and whose failure harms nobody else."""

    def __init__(self, *args: Any) -> None:
        # Django parses forms; Twisted would parse them all a second time, and keep the result in memory.
        super().__init__(*args, parsePOSTFormSubmission=False)
        self._received = 0

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Keep a piece of the body; cut a body that has no length, or lies about it, at the limit."""
        self._received += len(data)
        if self._received > self.channel.limits.body_bytes:
            self.channel.refuse_body()
        elif not self.channel.refused:
            self.channel.expect_body(self._received)
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Hand the request to the application."""
        # No WebSocket is spoken here, and a server may ignore the offer to change protocols (RFC 9110, 7.8).
        self.requestHeaders.removeHeader(b"upgrade")
        # Daphne lets any client choose the prefix of every link and redirect with this header.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        if self.server.stopping:
            self.channel.refuse(503, b"Service Unavailable", "unknown", "The server is being restarted. Try again.")
            return None
        return super().process()

    def finish(self) -> None:
        """End the response, without telling the application that the client has gone."""
        # Daphne would; then Django raises, and the exception's traceback keeps request and response in a cycle.
        self.application_queue = None
        super().finish()

    def handle_exception(self, exception: BaseException | None) -> None:
        """Say that the application failed; where its answer has begun, by cutting it short."""
        if self.finished or self.channel is None:
            return
        if self._response_started:
            self.channel.loseConnection()
        else:
            self.basic_error(500, b"Internal Server Error", "Something went wrong on this server. Its log tells what.")

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Pass a piece of a response on; one of a stream past Twisted's layers, in one write."""
        if message["type"] == "http.response.start":
            message = {**message, "headers": _with_no_prefetch(message.get("headers", ()))}
        body = message.get("body")
        if body and self.method == b"HEAD":
            # Twisted leaves out the first piece only, and the rest would be taken for the next answer.
            body, message = b"", {**message, "body": b""}
        if self.chunked and body and message.get("more_body") and self.channel is not None and not self.finished:
            self.channel.send(b"%x\r\n%b\r\n" % (len(body), body))
        else:
            super().handle_reply(message)

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Answer with an error, in the form that all errors of the interface have."""
        kind = "invalid_request" if status < 500 else "unknown"
        headers = [(b"Content-Type", b"application/json")]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": error_json(kind, body)})


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection: knows when it has waited long enough, and when not to write."""

    limits: Limits

    def connectionMade(self) -> None:  # noqa: N802
        super().connectionMade()
        self.limits = self.factory.limits
        self.refused = False
        self._has_answered = False
        self._room: Future[None] | None = None
        self._gone: Future[None] = get_running_loop().create_future()
        self.factory.channels.add(self)
        self.transport.setTcpKeepAlive(True)
        # The system knows what the client took; our own buffer moves in jumps of megabytes, which says little.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = int(self.limits.stall_seconds * 1000)
            self.transport.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        self._wait_for_request()

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self.factory.channels.discard(self)
        self._wait(None)
        self._make_room()
        if not self._gone.done():
            self._gone.set_result(None)
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
        if self.refused:
            return
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
        if not self.refused:
            self._wait(None)
            super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802
        self._has_answered = True
        self._wait_for_request()
        super().requestDone(request)

    def loseConnection(self) -> Any:  # noqa: N802
        # What is still in the buffer may take as long as it goes on being taken (`stall_seconds`).
        self._wait(None)
        return super().loseConnection()

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

    def close(self) -> "Future[None]":
        """Send what is in the buffer, and close. Returns what is done when that is."""
        self.loseConnection()
        return self._gone

    # Refusing

    def refuse(self, status: int, phrase: bytes, kind: str, message: str) -> None:
        """Answer with an error instead of hearing the request out, and close."""
        if self.refused:
            return
        self.refused, self.persistent = True, False
        body = error_json(kind, message)
        head = b"HTTP/1.1 %d %s\r\nServer: chatsite\r\nConnection: close\r\nContent-Type: application/json\r\n"
        head = head % (status, phrase) + b"%s: %s\r\n" % NO_PREFETCH
        self.transport.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.transport.loseWriteConnection()
        self._wait(self.limits.linger_seconds, self.transport.abortConnection)

    def refuse_body(self) -> None:
        """413: the body is larger than the limit."""
        message = f"The request is too large: {self.limits.body_bytes:,} bytes are the limit."
        self.refuse(413, b"Content Too Large", "too_large", message)

    def _refuse_slow(self) -> None:
        self.refuse(408, b"Request Timeout", "timeout", "The request did not arrive in time.")

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802
        self.refuse(400, b"Bad Request", "invalid_request", "This is not valid HTTP.")

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        if not self.refused:
            super().lineReceived(line)

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        if not self.refused:
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

    @property
    def is_full(self) -> bool:
        """Whether there is something to wait for before more is written."""
        return self._room is not None

    def pauseProducing(self) -> None:  # noqa: N802
        """The transport says that its buffer is full (64 KiB)."""
        if self._room is None:
            self._room = get_running_loop().create_future()
        super().pauseProducing()

    def resumeProducing(self) -> None:  # noqa: N802
        """The transport says that its buffer is empty."""
        self._make_room()
        super().resumeProducing()

    def _make_room(self) -> None:
        if self._room is not None:
            self._room.set_result(None)
            self._room = None

    async def room(self) -> None:
        """Wait until there is room to write, or nobody to write to."""
        if self._room is not None:
            # Shielded: a request that is cancelled here must not cancel what the connection itself waits with.
            await shield(self._room)


class Factory(HTTPFactory):  # type: ignore[misc]
    """Makes the connections, and knows those that are open."""

    protocol = Channel

    def __init__(self, server: object, limits: Limits) -> None:
        super().__init__(server)
        # `Channel.check` keeps all the times; Twisted's own timer would be set anew with every packet.
        self.timeOut = None
        self.limits = limits
        self.channels: set[Channel] = set()
        self.is_retired = False

    def buildProtocol(self, addr: object) -> Channel:  # noqa: N802
        channel: Channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel


def _with_no_prefetch(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response, also of one that no middleware has seen, with NO_PREFETCH among them."""
    given = [(bytes(name), bytes(value)) for name, value in headers]
    return given if any(name.lower() == NO_PREFETCH[0].lower() for name, _ in given) else [*given, NO_PREFETCH]


def error_json(kind: str, message: str) -> bytes:
    """Return an error as the interface words it."""
    return json.dumps({"error": {"type": kind, "message": message}}).encode()
