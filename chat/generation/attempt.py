"""One request for an answer, what it said, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from chat.errors import ChatError
from chat.events import Finished, FinishReason, Status, TextDelta, Usage
from chat.generation.entry import Entry, PictureText
from chat.generation.log import GenerationLog


@dataclass(slots=True)
class Attempt:
    """One request that was made: what was sent, what it said, how it ended. Times are monotonic seconds.

    What it said is a slice of the log, and what is not there: `repeated`, the end of the answer so far, which its
    continuation said again, and `unheard`, what came after Stop.

    `finish_reason` and `error` are both empty for an attempt that was cancelled, that is: stopped. `sent` is False for
    one that never left. `has_gaps`: a piece of it could not be read.
    """

    prompt: tuple[str, ...] = field(repr=False)
    began: float = field(default_factory=monotonic)
    # The price of this moment holds.
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    # How many tokens the answer was allowed to have, None where nobody said; and whether it ended there.
    max_tokens: int | None = None
    is_at_limit: bool = False
    sent: bool = False
    repeated: str = ""
    unheard: list[Entry] = field(default_factory=list, repr=False)
    usage: Usage | None = None
    first_token: float | None = None
    # Of the answer itself, not of thoughts.
    first_word: float | None = None
    ended: float | None = None
    finish_reason: FinishReason | None = None
    finish_detail: str | None = None
    has_gaps: bool = False
    error: ChatError | None = None
    # The log's own entries, and where the slice begins and ends; None while it grows.
    _entries: Sequence[Entry] = field(default=(), repr=False)
    _begin: int = 0
    _end: int | None = None

    def begin_slice(self, entries: Sequence[Entry]) -> None:
        """Take what is appended to the log's entries from now on for what this says."""
        self._entries, self._begin = entries, len(entries)

    def end_slice(self) -> None:
        """Take nothing more for it."""
        self._end = len(self._entries)

    @property
    def said(self) -> GenerationLog:
        """All that this request said, and nothing that was said about it."""
        own = [each for each in self._entries[self._begin : self._end] if not isinstance(each, Status | PictureText)]
        return GenerationLog([TextDelta(self.repeated), *own, *self.unheard] if self.repeated else own + self.unheard)

    @property
    def end(self) -> Finished | None:
        """The provider's own end, if it came to that."""
        return Finished(self.finish_reason, self.finish_detail) if self.finish_reason else None

    @property
    def thinking_seconds(self) -> float | None:
        """From the first thought to the first word, or to the end; None where it did not begin with a thought."""
        end = self.ended or monotonic() if self.first_word is None else self.first_word
        return None if self.first_token in (None, end) else end - self.first_token

    @property
    def is_billed(self) -> bool:
        """Whether the provider counted that it answered something."""
        return self.usage is not None and bool(self.usage.completion_tokens)

    def leave(self) -> None:
        """Note that the request is out."""
        self.sent = True
