"""One request for an answer, and what came of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from chat.errors import ChatError
from chat.events import Finished, FinishReason, Usage
from chat.generation.log import Transcript


@dataclass(slots=True)
class Attempt:
    """One request that was made: what was sent, what it said, how it ended. Times are monotonic seconds.

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
    said: Transcript = field(default_factory=Transcript)
    usage: Usage | None = None
    first_token: float | None = None
    ended: float | None = None
    finish_reason: FinishReason | None = None
    finish_detail: str | None = None
    has_gaps: bool = False
    error: ChatError | None = None

    @property
    def end(self) -> Finished | None:
        """The provider's own end, if it came to that."""
        return Finished(self.finish_reason, self.finish_detail) if self.finish_reason else None

    @property
    def is_billed(self) -> bool:
        """Whether the provider counted that it answered something."""
        return self.usage is not None and bool(self.usage.completion_tokens)

    def leave(self) -> None:
        """Note that the request is out."""
        self.sent = True
