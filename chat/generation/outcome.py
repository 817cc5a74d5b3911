"""The end of a generation, as values: the result that is stored, and the last events of its stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Self

from chat.errors import ChatError
from chat.events import Charge, Done, Event, Failed, FinishReason, Title
from chat.generation.attempt import Attempt
from chat.generation.log import GenerationLog
from chat.generation.settlement import Result
from chat.models import Message
from chat.models.usage import tokens_per_second
from chat.usage.token_counts import Spent

EndReason = FinishReason | ChatError


@dataclass(frozen=True, slots=True)
class Times:
    """How long a generation took, in seconds from its start."""

    ttft_seconds: float | None
    elapsed_seconds: float
    thinking_seconds: float | None = None

    @classmethod
    def of(cls, attempts: Sequence[Attempt], began: float, ended: float | None) -> Self:
        """Return them of monotonic times; without an end they are those until now."""
        begun = next((attempt for attempt in attempts if attempt.first_token is not None), None)
        first = begun.first_token if begun else None
        thinking = begun.thinking_seconds if begun else None
        return cls(
            ttft_seconds=None if first is None else round(first - began, 4),
            elapsed_seconds=round((ended or monotonic()) - began, 4),
            thinking_seconds=None if thinking is None else round(thinking, 4),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The last events: usage, title where it began a conversation, and at last `done` or `error`."""

    charge: Charge | None
    title: str | None
    outcome: EndReason
    times: Times
    parsed: object = None
    detail: str | None = None

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
        if isinstance(self.outcome, ChatError):
            return Failed(self.outcome.code, self.outcome.message, self.outcome.retryable, self.outcome.retry_at)
        tokens = self.charge.completion_tokens if self.charge else None
        return Done(
            finish_reason=self.outcome,
            token_count=tokens,
            elapsed_seconds=self.times.elapsed_seconds,
            ttft_seconds=self.times.ttft_seconds,
            tokens_per_second=tokens_per_second(tokens, self.times.elapsed_seconds, self.times.ttft_seconds),
            parsed=self.parsed,
            finish_detail=self.detail,
            thinking_seconds=self.times.thinking_seconds,
        )


def detail_of(outcome: EndReason, attempts: Sequence[Attempt]) -> str | None:
    """Return the provider's own word for the end, where it stands for no other."""
    return attempts[-1].finish_detail if outcome == "other" and attempts else None


def result_of(outcome: EndReason, log: GenerationLog, times: Times) -> Result:
    """Return what the ledger writes."""
    error = outcome if isinstance(outcome, ChatError) else None
    status = Message.Status.COMPLETE
    if outcome in ("stopped", "disconnected"):
        status = Message.Status.STOPPED
    elif error:
        partial = log.position > 0 or error.code == "interrupted"
        status = Message.Status.INTERRUPTED if partial else Message.Status.FAILED
    return Result(
        content=log.content,
        reasoning=log.reasoning,
        tool_calls=log.tool_calls,
        outline=log.outline,
        status=status,
        finish_reason="" if isinstance(outcome, ChatError) else outcome,
        finish_detail=detail_of(outcome, log.attempts) or "",
        has_gaps=any(attempt.has_gaps for attempt in log.attempts),
        error=error,
        attempts=tuple(spent(attempt, outcome) for attempt in log.attempts),
        ttft_seconds=times.ttft_seconds,
        elapsed_seconds=times.elapsed_seconds,
        thinking_seconds=times.thinking_seconds,
    )


def spent(attempt: Attempt, outcome: EndReason | None = None) -> Spent:
    """Return a request as the ledger has it; `outcome` is why it ended where it did not end by itself."""
    said = attempt.said
    own = attempt.finish_reason or attempt.error or outcome
    return Spent(
        prompt=attempt.prompt,
        sent=attempt.sent,
        said=said.everything,
        thoughts=said.reasoning,
        usage=attempt.usage,
        finish_reason=own if isinstance(own, str) else "",
        error=attempt.error or (own if isinstance(own, ChatError) else None),
        ttft_seconds=None if attempt.first_token is None else round(attempt.first_token - attempt.began, 4),
        elapsed_seconds=round((attempt.ended or monotonic()) - attempt.began, 4),
        asked_at=attempt.asked_at,
        finish_detail=attempt.finish_detail if attempt.finish_reason else None,
        reached_tokens=attempt.max_tokens if attempt.is_at_limit else None,
    )
