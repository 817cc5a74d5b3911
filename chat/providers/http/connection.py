"""One connection to a provider: HTTP/1.1, one request after another, read by a C parser.

Source: RFC 9112. What comes is kept until somebody reads it, and not read from the system beyond `FULL_BYTES`.
"""

import asyncio
import os
from select import POLLIN, poll
from typing import Final, cast

import httptools
import httpx2

from chat.providers.http.batching import ReadBatcher

# Of a body that nobody reads.
FULL_BYTES: Final = 64 * 1024
# Whoever sends that much at a time is read as fast as that, and not in batches.
MUCH_BYTES: Final = 16 * 1024
# Of headers, and of anything else that is not the body: no honest server's are longer.
HEAD_BYTES: Final = 100 * 1024
NO_BODY: Final = (204, 304)
# A connection that had nothing so many times is left to the event loop again.
MOST_IDLE_READS: Final = 20

Headers = list[tuple[bytes, bytes]]


# What the system gives is taken in here and copied by the parser, all within one call: a buffer for all connections.
_taken = memoryview(bytearray(FULL_BYTES))


class HTTP11Connection(asyncio.BufferedProtocol):
    """A connection. Whoever waits for it is one task at a time. Raises the exceptions of httpx2.

    While `batcher` is on, a body that is under way is read when the batcher says, past the event loop, which would ask
    the system about each piece.
    """

    def __init__(self, batcher: ReadBatcher) -> None:
        self._loop = asyncio.get_running_loop()
        self._batcher = batcher
        self._is_batched = False
        self._idle_reads = 0
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._failure: httpx2.TransportError | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._is_full = self._is_paused = False
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: Headers = []
        self._head_bytes = self._status = 0
        self._pieces: list[bytes] = []
        self._size = 0
        self._has_head = self._has_begun = self._is_whole = self._ends_with_connection = False
        self._is_reusable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's, which other servers may run, is one in all but name.
        self._transport = cast(asyncio.Transport, transport)
        self._file = transport.get_extra_info("socket").fileno()
        self._is_secure = transport.get_extra_info("sslcontext") is not None

    # Asking

    @property
    def is_usable(self) -> bool:
        """Whether another request can go over it: the last answer came whole, and the server has said no more."""
        if not (self._is_whole and self._is_reusable) or self._transport.is_closing():
            return False
        # An end that the loop has not seen yet.
        look = poll()
        look.register(self._file, POLLIN)
        return not look.poll(0)

    async def ask(self, request: bytes, timeouts: dict[str, float | None]) -> tuple[int, Headers]:
        """Send a request. Returns the status and headers of its answer. `timeouts` has seconds for "write", "read"."""
        if self._is_whole:
            self._begin()
        self._read_seconds: float | None = timeouts.get("read")
        self._transport.write(request)
        while not self._has_head:
            if self._is_full:
                # The server may turn a request down without reading all of it: whatever comes first.
                await self._news(timeouts.get("write"), httpx2.WriteTimeout)
            else:
                await self._news(self._read_seconds, httpx2.ReadTimeout)
        return self._status, self._headers

    async def read(self) -> bytes:
        """Return what has come of the body since the last time; waits for it, and returns nothing at the end."""
        while not self._pieces:
            if self._is_whole:
                return b""
            await self._news(self._read_seconds, httpx2.ReadTimeout)
        self._has_begun = True
        pieces = self._pieces
        found = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._size = 0
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        return found

    def set_read_timeout(self, seconds: float) -> None:
        """Wait no longer than that for more of the body, from the next read on."""
        self._read_seconds = seconds

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    # Waiting

    async def _news(self, seconds: float | None, late: type[httpx2.TimeoutException]) -> None:
        """Wait until something comes, or the connection is lost; `seconds` without are `late`."""
        if self._failure is not None:
            raise self._failure
        self._waiting = self._loop.create_future()
        if seconds is not None:
            self._late, self._deadline = late, self._loop.time() + seconds
            if self._watch is None or self._watch.when() > self._deadline:
                self._watch_until(self._deadline)
        await self._waiting

    def _watch_until(self, when: float) -> None:
        # One timer for many waits: most of them last for milliseconds.
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._watch = None
        if self._waiting is None or self._waiting.done() or self._pieces:
            return
        if self._loop.time() < self._deadline:
            self._watch_until(self._deadline)
        else:
            self._waiting.set_exception(self._late("Nothing came in time."))

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    # What comes

    def get_buffer(self, sizehint: int) -> memoryview:
        return _taken

    def buffer_updated(self, nbytes: int) -> None:
        self._take(nbytes)
        if self._size > FULL_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        is_hurried = not self._has_begun or self._is_paused or nbytes >= MUCH_BYTES
        if is_hurried or not self._pieces or self._is_whole or not self._batcher.is_on:
            self._wake()
        elif not self._is_batched:
            self._is_batched = True
            if not self._is_secure:
                self._transport.pause_reading()
            self._batcher.add(self._wake_once if self._is_secure else self._take_more)

    def _wake_once(self) -> bool:
        self._is_batched = False
        self._wake()
        return False

    def _take_more(self) -> bool:
        """Take what the system has by now. Returns False when the loop reads again, or nobody any more."""
        count = 0
        if self._transport.is_closing():
            self._is_batched = False
            return False
        if self._size <= FULL_BYTES:
            try:
                count = os.readv(self._file, [_taken])
            except BlockingIOError:
                self._idle_reads += 1
            except OSError:
                self._fail(httpx2.ReadError("The line was lost."))
            else:
                # Nothing at all is the end, of which the loop shall tell.
                self._idle_reads = 0 if count else MOST_IDLE_READS
                self._take(count)
        if self._pieces or self._is_whole:
            self._wake()
        if self._batcher.is_on and not self._is_whole and self._idle_reads < MOST_IDLE_READS and count < MUCH_BYTES:
            return True
        self._is_batched = False
        self._idle_reads = 0
        self._transport.resume_reading()
        return False

    def _take(self, nbytes: int) -> None:
        self._head_bytes += nbytes
        try:
            self._parser.feed_data(_taken[:nbytes])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(httpx2.RemoteProtocolError("The answer is not HTTP."))
        else:
            if self._head_bytes > HEAD_BYTES:
                self._fail(httpx2.RemoteProtocolError("The answer's headers are too long."))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ends_with_connection and exc is None:
            self._is_whole = True
        elif not self._is_whole and self._failure is None:
            self._failure = httpx2.ReadError("The line was lost.") if exc else httpx2.RemoteProtocolError("It was cut.")
        self._is_reusable = False
        if self._watch is not None:
            self._watch.cancel()
        self._wake()
        self.closed.set_result(None)
        # It refers to the connection, which referred to it.
        del self._parser

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()

    def _fail(self, failure: httpx2.TransportError) -> None:
        self._failure, self._is_reusable = failure, False
        self._transport.abort()

    # What the parser calls

    def on_message_begin(self) -> None:
        # More than was asked for.
        if self._is_whole:
            self._is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._is_whole or status < 200:
            return
        self._has_head, self._status, self._head_bytes = True, status, 0
        names = {name.lower() for name, _ in self._headers}
        self._ends_with_connection = status not in NO_BODY and not names & {b"content-length", b"transfer-encoding"}

    def on_body(self, body: bytes) -> None:
        if not self._is_whole:
            self._head_bytes = 0
            self._pieces.append(body)
            self._size += len(body)

    def on_message_complete(self) -> None:
        if not self._has_head:
            # "100 Continue" and the like: the answer is still to come.
            self._headers.clear()
            return
        self._is_whole = True
        self._is_reusable = self._is_reusable and self._parser.should_keep_alive()
