"""Notes the moment a request is sent: from then on it may be billed, even if its answer never arrives.

The SDKs tell how a request ended and not how far it came; a request that is cancelled does not even end.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx2

_sent: ContextVar[Callable[[], None] | None] = ContextVar("sent", default=None)


@contextmanager
def told(sent: Callable[[], None]) -> Iterator[None]:
    """Call `sent` as soon as a request that is made within leaves, by a client whose requests are `watched`."""
    token = _sent.set(sent)
    try:
        yield
    finally:
        _sent.reset(token)


async def watched(request: httpx2.Request) -> None:
    """Be the client's event hook for requests."""
    if (sent := _sent.get()) is not None:
        assert isinstance(request.stream, httpx2.AsyncByteStream)  # noqa: S101 - the client is an asynchronous one
        request.stream = _Body(request.stream, sent)


class _Body(httpx2.AsyncByteStream):
    """A request's body. It is read when the connection is made and the request is about to be written, not before."""

    def __init__(self, body: httpx2.AsyncByteStream, sent: Callable[[], None]) -> None:
        self._body = body
        self._sent = sent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._sent()
        async for chunk in self._body:
            yield chunk
