"""Decodes server-sent events: bytes in, events out, no I/O.

Follows the section "Server-sent events" of the WHATWG's HTML standard, with one tolerance: an event that the body's
end cut off from its blank line is not lost (`flush`), because many servers end that way.
"""

from typing import Final

import msgspec

from chat.providers import limits

RETURN: Final = ord("\r")
BOM: Final = b"\xef\xbb\xbf"
# What the shortest line takes of the memory.
LINE_BYTES: Final = 64


class OversizedEventError(ValueError):
    """One event is larger than any honest server's; the stream cannot be decoded further."""


class ServerSentEvent(msgspec.Struct, frozen=True, gc=False):
    """One event. `data` has its lines joined with newlines, `id` is the last one the stream named."""

    data: str
    event: str = "message"
    id: str = ""


class EventDecoder:
    """Decodes one stream. `comments` counts the comment lines, which servers send to keep a silent line open.

    `retry` is the reconnection time the server asked for, in milliseconds.
    """

    def __init__(self) -> None:
        self.comments = 0
        self.retry: int | None = None
        self._unfinished: list[bytes] = []
        self._size = 0
        self._skip_newline = False
        self._at_start = True
        # Whether the last chunk ended within an event, or began the stream.
        self._is_amid = True
        self._data: list[str] = []
        self._event = ""
        self._id = ""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that `chunk`, cut anywhere, completes. Raises OversizedEventError."""
        if self._skip_newline and chunk:
            # A CR ended the last chunk and its line; a LF right after it belongs to the same line end.
            self._skip_newline = False
            chunk = chunk.removeprefix(b"\n")
        if not chunk:
            return []
        if not self._is_amid and (events := self._whole_events(chunk)) is not None:
            return events
        self._is_amid = True
        self._skip_newline = chunk.endswith(b"\r")
        # Splits at CR, LF and CRLF only, as bytes do; text would split at more.
        lines = chunk.splitlines()
        if self._unfinished and (len(lines) > 1 or chunk[-1] in b"\r\n"):
            # Joined once per line and not once per chunk: a line of megabytes comes in thousands of chunks.
            lines[0] = self._finished(lines[0])
        if chunk[-1] not in b"\r\n":
            self._unfinished.append(lines.pop())
            self._grow(len(self._unfinished[-1]))
        events = self._take(lines)
        self._is_amid = bool(self._unfinished or self._data or self._event or self._skip_newline)
        return events

    def _whole_events(self, chunk: bytes) -> list[ServerSentEvent] | None:
        """Return the events of a chunk that is nothing but whole ones, each of one line of data; None for any other.

        That is how nearly all of them come, and it takes half the time.
        """
        if chunk[:6] != b"data: " or chunk[-2:] != b"\n\n" or RETURN in chunk or len(chunk) > limits.UNCOUNTED_BYTES:
            return None
        text = chunk[6:-2].decode("utf-8", "replace")
        if "\n" not in text:
            return [ServerSentEvent(text, "message", self._id)]
        found = text.split("\n\ndata: ")
        if text.count("\n") != 2 * len(found) - 2:
            return None
        return [ServerSentEvent(data, "message", self._id) for data in found]

    def flush(self) -> list[ServerSentEvent]:
        """Return the event that the end of the body left without its blank line, if any."""
        return self._take([self._finished(b""), b""])

    def _finished(self, end: bytes) -> bytes:
        """Return the unfinished line with its end, which is counted as a whole from here on."""
        self._size -= sum(map(len, self._unfinished))
        line = b"".join((*self._unfinished, end))
        self._unfinished.clear()
        return line

    def _take(self, lines: list[bytes]) -> list[ServerSentEvent]:
        events = []
        for line in lines:
            if self._at_start:
                self._at_start = False
                line = line.removeprefix(BOM)
            if line[:6] == b"data: ":
                # Nearly all lines are.
                self._data.append(str(line[6:], "utf-8", "replace"))
                self._size += len(line) + LINE_BYTES
                if self._size > limits.UNCOUNTED_BYTES:
                    self._grow(0)
            elif line:
                self._field(line)
            else:
                if self._data:
                    events.append(self._event_of(self._data))
                    self._data = []
                self._event = ""
                self._size = 0
        return events

    def _event_of(self, lines: list[str]) -> ServerSentEvent:
        data = lines[0] if len(lines) == 1 else "\n".join(lines)
        if self._size > limits.UNCOUNTED_BYTES and limits.is_crowded(data):
            raise OversizedEventError(f"an event of more than {limits.VALUES} values")
        return ServerSentEvent(data, self._event or "message", self._id)

    def _field(self, line: bytes) -> None:
        name, _, raw = line.partition(b":")
        value = raw.removeprefix(b" ").decode("utf-8", "replace")
        match name:
            case b"data":
                self._data.append(value)
                self._grow(len(raw) + LINE_BYTES)
            case b"event":
                self._event = value
            case b"id":
                if "\0" not in value:
                    self._id = value
            case b"retry":
                if value.isascii() and value.isdigit():
                    self.retry = int(value)
            case b"":
                self.comments += 1

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > limits.EVENT_BYTES:
            raise OversizedEventError(f"an event of more than {limits.EVENT_BYTES} bytes")
