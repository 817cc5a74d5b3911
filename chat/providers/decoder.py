"""What the decoders of streamed answers have in common: they remember how a stream went, and judge its end. No I/O."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from chat.errors import ChatError
from chat.events import Delta, Finished, FinishReason, Upstream, Usage
from chat.providers.faults import from_body
from chat.providers.sse import ServerSentEvent

# What JSON that is none raises, and JSON that is deeper than anybody means it.
MALFORMED: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
INDEX: Final = re.compile("[0-9]{1,6}")
MAX_INDEX: Final = 999_999


class StreamDecoder(ABC):
    """Decodes one stream.

    `done`: the format's end mark was seen. `finish_reason`: None until the server named one. `said`: a delta was
    decoded. `usage`: the last count so far. `failure`: what the server reported instead of going on. `events` and
    `malformed`: how many events came, and how many of them were skipped, or a part of them.
    """

    def __init__(self) -> None:
        self.done = False
        self.finish_reason: FinishReason | None = None
        self.said = False
        self.usage: Usage | None = None
        self._told: Usage | None = None
        self.failure: ChatError | None = None
        self.events = 0
        self.malformed = 0

    @property
    def ending(self) -> bool:
        """Nothing but the usage and the end of the body is still to come."""
        return self.done or self.finish_reason is not None

    @abstractmethod
    def _read(self, event: ServerSentEvent) -> list[Delta]:
        """Return what `event` adds to the answer.

        Raises ChatError when it says that the provider failed, one of MALFORMED when it cannot be read.
        """

    def decode(self, event: ServerSentEvent) -> list[Delta]:
        """Return what `event` adds to the answer. Raises ChatError when it says that the provider failed."""
        self.events += 1
        counted = self.usage
        try:
            deltas = self._read(event)
        except MALFORMED:
            if event.event == "error":
                raise failure(event.data) from None
            self.malformed += 1
            return []
        if deltas:
            self.said = True
            if counted is not None and counted is self.usage and counted.completion_tokens is not None:
                # More was said than counted, and nobody knows whether it will be counted yet.
                self.usage = replace(counted, completion_tokens=None, reasoning_tokens=None)
        return deltas

    def decode_all(self, events: Iterable[ServerSentEvent]) -> list[Upstream]:
        """Return what `events` add to the answer, up to the one that sets `failure`, and what was counted anew."""
        found: list[Upstream] = []
        if self.failure:
            return found
        try:
            for event in events:
                found += self.decode(event)
        except ChatError as error:
            # Raised here, it would take the words that came in the same read with it.
            self.failure = error
        return found + self._counted()

    def _counted(self) -> list[Usage]:
        """Return the usage, once for each time it changed: an answer that is cut off later must not lose it."""
        if self.usage is None or self.usage == self._told:
            return []
        self._told = self.usage
        return [self.usage]

    def end(self) -> list[Upstream]:
        """Return the last events, `Finished` and before it what was counted anew, once the end was seen.

        Raises ChatError when that was no regular end. Servers that send the end mark but never a finish reason are
        taken at their word, if they said anything.
        """
        if self.failure is not None:
            raise self.failure
        if self.events == 0:
            raise ChatError("api_error", "The provider sent an empty answer.")
        if self.finish_reason is None:
            if not self.said:
                raise ChatError("api_error", "The provider ended the answer without saying anything.")
            if not self.done:
                raise ChatError("interrupted", "The provider broke the answer off in the middle.")
        return [*self._counted(), Finished(self.finish_reason or "stop")]


def failure(data: str) -> ChatError:
    """Return the error that an event's data describes, as JSON or in plain words."""
    try:
        return from_body(None, msgspec.json.decode(data))
    except MALFORMED:
        return from_body(None, data)


def count(counts: Any, name: str, inside: str | None = None) -> int | None:
    """Return a number of tokens from a usage object, or from the object called `inside` in it; None if it has none."""
    holder = counts.get(inside) if inside is not None and isinstance(counts, dict) else counts
    value = holder.get(name) if isinstance(holder, dict) else None
    return int(value) if isinstance(value, int | float) and value >= 0 else None


def text(value: Any) -> str:
    """Return a field that should be text; empty for any other type."""
    return value if isinstance(value, str) else ""


def arguments(value: Any) -> str:
    """Return a tool call's arguments or a fragment of them as JSON text; some servers send the object itself."""
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else text(value)


def index(value: Any) -> int | None:
    """Return a tool call's or a block's index; None if it is none. Some servers send it as text."""
    if isinstance(value, str) and INDEX.fullmatch(value):
        return int(value)
    return value if type(value) is int and 0 <= value <= MAX_INDEX else None
