"""What the decoders of streamed answers have in common: they remember how a stream went, and judge its end. No I/O."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import msgspec

from chat.errors import ChatError
from chat.events import Delta, Finished, FinishReason, Upstream, Usage
from chat.providers.faults import from_body
from chat.providers.sse import ServerSentEvent


class StreamDecoder(ABC):
    """Decodes one stream.

    `done`: the format's end mark was seen. `finish_reason`: None until the server named one. `said`: a delta was
    decoded. `usage`: the last count so far. `failure`: what the server reported instead of going on. `events` and
    `malformed`: how many events came, and how many of them were skipped.
    """

    def __init__(self) -> None:
        self.done = False
        self.finish_reason: FinishReason | None = None
        self.said = False
        self.usage: Usage | None = None
        self.failure: ChatError | None = None
        self.events = 0
        self.malformed = 0

    @property
    def ending(self) -> bool:
        """Nothing but the usage and the end of the body is still to come."""
        return self.done or self.finish_reason is not None

    @abstractmethod
    def decode(self, event: ServerSentEvent) -> list[Delta]:
        """Return what `event` adds to the answer. Raises ChatError when it says that the provider failed."""

    def decode_all(self, events: Iterable[ServerSentEvent]) -> list[Delta]:
        """Return what `events` add to the answer, up to the one that sets `failure`."""
        deltas: list[Delta] = []
        try:
            for event in events:
                deltas += self.decode(event)
        except ChatError as error:
            # Raised here, it would take the words that came in the same read with it.
            self.failure = error
        return deltas

    def end(self) -> list[Upstream]:
        """Return the last events, `Usage` if known and `Finished`, once the end mark or the end of the body was seen.

        Raises ChatError when that was no regular end. Servers that send the end mark but never a finish reason are
        taken at their word, if they said anything.
        """
        if self.failure is not None:
            raise self.failure
        if self.events == 0:
            raise ChatError("api_error", "The provider sent an empty answer.")
        if self.finish_reason is None:
            if not self.done:
                where = "in the middle" if self.said else "before its first word"
                raise ChatError("interrupted", f"The provider broke the answer off {where}.")
            if not self.said:
                raise ChatError("api_error", "The provider ended the answer without saying anything.")
        finished = Finished(self.finish_reason or "stop")
        return [self.usage, finished] if self.usage else [finished]


def failure(data: str) -> ChatError:
    """Return the error that an event's data describes, as JSON or in plain words."""
    try:
        return from_body(None, msgspec.json.decode(data))
    except msgspec.DecodeError:
        return from_body(None, data)


def count(counts: Any, name: str, inside: str | None = None) -> int | None:
    """Return a number of tokens from a usage object, or from the object called `inside` in it; None if it has none."""
    holder = counts.get(inside) if inside is not None and isinstance(counts, dict) else counts
    value = holder.get(name) if isinstance(holder, dict) else None
    return int(value) if isinstance(value, int | float) and value >= 0 else None
