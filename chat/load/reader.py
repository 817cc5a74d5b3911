"""One reader of a stream: asks, and looks at what comes only as far as it takes to find stamps and the end."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Final

# See `upstream`. Fractions of seconds and ids may have as many digits.
STAMP: Final = re.compile(rb"(?<![\w.])\d{15}(?!\w)")


@dataclass(slots=True)
class Seen:
    """What one reader saw. `lags` in µs, `first` in seconds from asking to the first stamp, None where none came.

    `status` is that of HTTP, 0 without an answer. `is_whole`: the stream said that it ended, and how.
    """

    status: int = 0
    lags: list[int] = field(default_factory=list)
    first: float | None = None
    is_whole: bool = False


class Reader(asyncio.Protocol):
    """Sends `request` once connected, and reads until `mark`, the end of a whole stream, or until the line is cut."""

    def __init__(self, request: bytes, mark: bytes) -> None:
        self.seen = Seen()
        self.done = asyncio.get_running_loop().create_future()
        # The beginning, and when there is a first event in it, or the line was closed without.
        self.head = b""
        self.heard = asyncio.Event()
        self._request = request
        self._mark = mark
        self._rest = b""
        self._asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is one
        self._transport = transport
        self._asked = time.monotonic()
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns() // 1000
        if not self.seen.status:
            self.seen.status = int(data[9:12]) if data.startswith(b"HTTP/1.1 ") else -1
        if len(self.head) < 4096:
            self.head += data
        lines, _, self._rest = (self._rest + data).rpartition(b"\n")
        if found := STAMP.findall(lines):
            self.seen.lags += [now - int(stamp) for stamp in found]
            if self.seen.first is None:
                self.seen.first = time.monotonic() - self._asked
        if not self.heard.is_set() and b"\n\n" in self.head:
            self.heard.set()
        if self._mark in lines:
            self.seen.is_whole = True
            self._transport.close()
        elif self.seen.status != 200:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.heard.set()
        if not self.done.done():
            self.done.set_result(None)
