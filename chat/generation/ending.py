"""The last events of a stream: usage, title, and at last `done` or `error`."""

from dataclasses import dataclass

from chat.errors import ChatError
from chat.events import Charge, Done, Event, Failed, FinishReason, Title
from chat.models.usage import tokens_per_second


@dataclass(frozen=True, slots=True)
class Ending:
    """How a generation ended. `error` wins over `finish_reason`; `title` is set where it began a conversation."""

    charge: Charge | None
    title: str | None
    finish_reason: FinishReason
    error: ChatError | None
    ttft_seconds: float | None
    elapsed_seconds: float
    parsed: object = None

    def events(self) -> tuple[Event, ...]:
        """Return the events in their order."""
        said: list[Event] = []
        if self.charge is not None:
            said.append(self.charge)
        if self.title is not None:
            said.append(Title(self.title))
        said.append(self._last())
        return tuple(said)

    def _last(self) -> Event:
        if self.error is not None:
            return Failed(self.error.code, self.error.message, self.error.retryable)
        tokens = self.charge.completion_tokens if self.charge else None
        return Done(
            finish_reason=self.finish_reason,
            token_count=tokens,
            elapsed_seconds=self.elapsed_seconds,
            ttft_seconds=self.ttft_seconds,
            tokens_per_second=tokens_per_second(tokens, self.elapsed_seconds, self.ttft_seconds),
            parsed=self.parsed,
        )
