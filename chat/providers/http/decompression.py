"""The bodies of answers as they were before their server packed them: a step at a time, and no more than is wanted.

A client's own unpacking makes of each read all that is in it at once, and 200 KB may hold gigabytes. So it is done
here, as is the reading of what the SDKs read whole: of errors the beginning, of lists no more than there is room for.
"""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Final, Protocol

import brotli
import httpx2

from chat.providers import limits
from chat.providers.errors import refused

STEP_BYTES: Final = 64 * 1024
# Of zlib's own format, and of gzip's, whichever it is.
EITHER: Final = zlib.MAX_WBITS | 32


class Unpacker(Protocol):
    """Unpacks one body; `take` yields what a read of it adds, in steps. Raises httpx2.DecodingError."""

    def take(self, packed: bytes) -> Iterator[bytes]: ...


class Deflated:
    """gzip, zlib, and deflate without a head, which some servers send by that name."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(EITHER)
        self._has_begun = False

    def take(self, packed: bytes) -> Iterator[bytes]:
        try:
            piece = self._inner.decompress(packed, STEP_BYTES)
        except zlib.error:
            if self._has_begun:
                raise httpx2.DecodingError("It is not packed as it says.") from None
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
            piece = self._step(packed)
        self._has_begun = True
        while piece:
            yield piece
            piece = self._step(self._inner.unconsumed_tail)

    def _step(self, packed: bytes) -> bytes:
        try:
            return self._inner.decompress(packed, STEP_BYTES)
        except zlib.error:
            raise httpx2.DecodingError("It is not packed as it says.") from None


class Brotli:
    """Source: RFC 7932."""

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def take(self, packed: bytes) -> Iterator[bytes]:
        if self._inner.is_finished():
            return
        try:
            piece = self._inner.process(packed, output_buffer_limit=STEP_BYTES)
            while piece:
                yield piece
                if self._inner.is_finished():
                    return
                piece = self._inner.process(b"", output_buffer_limit=STEP_BYTES)
        except brotli.error:
            raise httpx2.DecodingError("It is not packed as it says.") from None


UNPACKERS: Final[dict[str, Callable[[], Unpacker]]] = {
    "gzip": Deflated,
    "x-gzip": Deflated,
    "deflate": Deflated,
    "br": Brotli,
}


@asynccontextmanager
async def reading(response: httpx2.Response) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    """Give a function that waits for the next piece of a response's body, unpacked; nothing is the end.

    A connection of our own is read without the client's generators around it: that would cost every token. Raises
    ChatError for a packing that is not known.
    """
    if (direct := response.extensions.get("read")) and not _packing(response):
        yield direct
        return
    async with aclosing(pieces(response)) as body:

        async def read() -> bytes:
            while (piece := await anext(body, None)) is not None:
                if piece:
                    return piece
            return b""

        yield read


def pieces(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """Return a response's body as it comes, unpacked. Raises ChatError for a packing that is not known."""
    stream = response.stream
    if not (packing := _packing(response)):
        return stream.__aiter__()  # type: ignore[return-value,union-attr]
    if packing not in UNPACKERS:
        raise refused("The provider packed its answer in a way that cannot be unpacked here.")
    return _unpacked(stream, UNPACKERS[packing]())  # type: ignore[arg-type]


def _packing(response: httpx2.Response) -> str:
    """Return the packing of a body; empty for none. One within another is none that is known."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    return "" if packing == "identity" else packing


async def _unpacked(body: httpx2.AsyncByteStream, unpacker: Unpacker) -> AsyncGenerator[bytes, None]:
    async for packed in body:
        for number, piece in enumerate(unpacker.take(packed)):
            if number:
                # A small read may hold a large piece of work, and others wait.
                await asyncio.sleep(0)
            yield piece


def bounded(most: int, what: str) -> Callable[[httpx2.Response], Awaitable[None]]:
    """Return a client's event hook for responses, which are read whole after it, but for streams.

    Of an error the beginning is kept. More than `most` bytes of anything else raise ChatError: "`what` is too long".
    """

    async def bound(response: httpx2.Response) -> None:
        if response.is_success and response.request.method == "POST":
            # A stream, which has bounds of its own.
            return
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - the client is an asynchronous one
        response.stream = _Beginning(response) if not response.is_success else _Whole(response, most, what)
        response.headers.pop("Content-Encoding", None)

    return bound


class _Beginning(httpx2.AsyncByteStream):
    """The first bytes of an error's body; nothing of one that cannot be unpacked: its status says enough."""

    def __init__(self, response: httpx2.Response) -> None:
        self._body = response.stream
        self._pieces = pieces(response) if _packing(response) in ("", *UNPACKERS) else None

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        if self._pieces is None:
            return
        left = limits.ERROR_BYTES
        async with aclosing(self._pieces) as body:
            async for piece in body:
                yield piece[:left]
                left -= len(piece)
                if left <= 0:
                    return

    async def aclose(self) -> None:
        await self._body.aclose()  # type: ignore[union-attr]


class _Whole(httpx2.AsyncByteStream):
    """A body that is no longer than it may be."""

    def __init__(self, response: httpx2.Response, most: int, what: str) -> None:
        self._body = response.stream
        self._pieces = pieces(response)
        self._most = most
        self._what = what

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        left = self._most
        async with aclosing(self._pieces) as body:
            async for piece in body:
                left -= len(piece)
                if left < 0:
                    raise refused(f"The provider's {self._what} is too long: more than {self._most:,} bytes.")
                yield piece

    async def aclose(self) -> None:
        await self._body.aclose()  # type: ignore[union-attr]
