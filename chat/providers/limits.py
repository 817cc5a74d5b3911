"""Size limits of what is read from a provider: of an answer, an event and a body, for every format. No I/O.

No honest server comes near them; one that is broken, or means harm, must not fill the memory or the database. Bytes are
counted as they are once unpacked.
"""

from typing import Final

from msgspec.structs import replace

from chat.errors import ChatError
from chat.events import ReasoningDelta, TextDelta, ToolCallDelta, Upstream
from chat.providers.errors import refused

# The longest answers there are have 128,000 tokens, which is half a million characters.
TEXT_CHARS: Final = 2_000_000
THOUGHT_CHARS: Final = 4_000_000
# Of all calls of one answer together, their ids and names included.
CALL_CHARS: Final = 1_000_000
CALLS: Final = 256
PICTURES: Final = 100
# Of a stream, comments included. A token is an event of a few hundred bytes; a picture comes within one.
EVENTS: Final = 500_000
STREAM_BYTES: Final = 256 * 1024 * 1024
EVENT_BYTES: Final = 32 * 1024 * 1024
# What JSON makes of the memory goes by its values: an empty list takes thirty times the bytes that it is written with.
VALUES: Final = 1_000_000
# Of other bodies. The beginning of an error says enough, though it may repeat the whole question.
ERROR_BYTES: Final = 1024 * 1024
LIST_BYTES: Final = 8 * 1024 * 1024
MODELS: Final = 10_000
# Of each page of a bill, and of all of them.
PAGE_BYTES: Final = 8 * 1024 * 1024
BILL_BYTES: Final = 64 * 1024 * 1024
BILL_LINES: Final = 200_000
# While less of a body has come nothing in it can be too long, and nothing is measured: that would cost every token.
UNMEASURED_BYTES: Final = 512 * 1024
# Fewer bytes hold no crowd of values.
UNCOUNTED_BYTES: Final = 1024 * 1024


def too_long(what: str) -> ChatError:
    """Return the error for an answer that was ended here; `what` there is too much of, as a sentence without its dot.

    What has come is kept, and was paid for; asking again would be another bill.
    """
    return refused(f"The answer is too long. {what}, and no more is taken from a provider.")


def is_crowded(data: str | bytes) -> bool:
    """Whether JSON has more values than are taken in, as far as its commas and brackets tell."""
    if len(data) < UNCOUNTED_BYTES:
        return False
    if isinstance(data, str):
        return sum(map(data.count, ("[", "{", ","))) > VALUES
    return sum(map(data.count, (b"[", b"{", b","))) > VALUES


class Measure:
    """Measures one answer as it comes. `bytes` of its body have come; `excess` says that there is more than is taken.

    What comes with the first `UNMEASURED_BYTES` is not counted.
    """

    __slots__ = ("_call_chars", "_text_chars", "_thought_chars", "bytes", "excess")

    def __init__(self) -> None:
        self.bytes = 0
        self.excess: ChatError | None = None
        self._text_chars = self._thought_chars = self._call_chars = 0

    def within(self, batch: list[Upstream], events: int) -> list[Upstream]:
        """Return of a batch what is within the bounds; sets `excess` where that is not all. `events` came so far."""
        if events > EVENTS:
            self.excess = too_long(f"It came in more than {EVENTS:,} pieces")
        elif self.bytes > STREAM_BYTES:
            self.excess = too_long(f"It has more than {STREAM_BYTES:,} bytes")
        for number, event in enumerate(batch):
            # Each token of a long answer passes here.
            kind = type(event)
            if kind is TextDelta:
                self._text_chars += len(event.content)  # type: ignore[union-attr]
                if self._text_chars > TEXT_CHARS:
                    self.excess = too_long(f"It has more than {TEXT_CHARS:,} characters")
                    return [*batch[:number], *_shortened(event, self._text_chars - TEXT_CHARS)]
            elif kind is ReasoningDelta:
                self._thought_chars += len(event.content)  # type: ignore[union-attr]
                if self._thought_chars > THOUGHT_CHARS:
                    self.excess = too_long(f"It has more than {THOUGHT_CHARS:,} characters of thought")
                    return [*batch[:number], *_shortened(event, self._thought_chars - THOUGHT_CHARS)]
            elif isinstance(event, ToolCallDelta):
                self._call_chars += len(event.id) + len(event.name) + len(event.arguments)
                if self._call_chars > CALL_CHARS:
                    self.excess = too_long(f"It has more than {CALL_CHARS:,} characters of tool calls")
                    return batch[:number]
        return batch


def _shortened(event: Upstream, surplus: int) -> list[Upstream]:
    """Return an event without its last characters; nothing where none would be left."""
    if isinstance(event, TextDelta | ReasoningDelta) and surplus < len(event.content):
        return [replace(event, content=event.content[:-surplus])]
    return []
