"""Refuses the bodies of requests that are too large or too slow, before anybody keeps them."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any, Final

from chatsite.application import Application, Receive, Send
from chatsite.application.errors import REQUEST_TIMEOUT, HTTPError, send_error, too_large

MAX_BYTES: Final = 2 * 1024 * 1024
# A body may take this many seconds, and as many more as what has come takes at the slowest rate that is waited for.
SECONDS: Final = 30.0
BYTES_PER_SECOND: Final = 1024.0
# How long the rest of a refused body is read and dropped. Closing at once would reset the connection, and the client
# would lose the answer that tells it why.
LINGER_SECONDS: Final = 3.0


class RefusedError(Exception):
    """Raised where the body is read, to end the request with `error`."""

    def __init__(self, error: HTTPError) -> None:
        super().__init__(error.message)
        self.error = error


class BodyLimit:
    """An ASGI application that runs another one, which never sees more than `max_bytes` of a body.

    Daphne hands a request on when all of it has come: there `chatsite.server` counts and times it, by the same limits.
    """

    def __init__(
        self,
        application: Application,
        max_bytes: int = MAX_BYTES,
        *,
        seconds: float = SECONDS,
        bytes_per_second: float = BYTES_PER_SECOND,
        linger_seconds: float = LINGER_SECONDS,
    ) -> None:
        self._application = application
        self.max_bytes = max_bytes
        self.seconds = seconds
        self.bytes_per_second = bytes_per_second
        self.linger_seconds = linger_seconds

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if _content_length(scope) > self.max_bytes:
            await self._refuse(scope, receive, send, too_large(self.max_bytes))
            return
        try:
            await self._application(scope, LimitedBody(self, receive).receive, send)
        except RefusedError as refused:
            await self._refuse(scope, receive, send, refused.error)

    async def _refuse(self, scope: Any, receive: Receive, send: Send, error: HTTPError) -> None:
        # The client has the whole answer now, but the connection stays until it has stopped sending.
        await send_error(scope, send, error, more_body=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.linger_seconds):
                while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                    pass
        await send({"type": "http.response.body"})


class LimitedBody:
    """The body of one request: `receive` raises RefusedError where it is too large or too slow."""

    __slots__ = ("_began", "_is_complete", "_limit", "_receive", "_received")

    def __init__(self, limit: BodyLimit, receive: Receive) -> None:
        self._limit = limit
        self._receive = receive
        self._began = monotonic()
        self._received = 0
        self._is_complete = False

    async def receive(self) -> Any:
        """Return the next message; once the body has come, whatever comes then, however late."""
        if self._is_complete:
            return await self._receive()
        limit = self._limit
        deadline = self._began + limit.seconds + self._received / limit.bytes_per_second
        try:
            async with asyncio.timeout(deadline - monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise RefusedError(REQUEST_TIMEOUT) from None
        self._received += len(message.get("body", b""))
        if self._received > limit.max_bytes:
            raise RefusedError(too_large(limit.max_bytes))
        self._is_complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message


def _content_length(scope: Any) -> int:
    """Return the length that the request tells, 0 if it tells none that is a number."""
    for name, value in scope["headers"]:
        if name.lower() == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
