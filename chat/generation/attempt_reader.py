"""Reads what one request says into the log, and notes how it ended."""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from time import monotonic

from chat.errors import ChatError, silence
from chat.events import (
    Finished,
    Picture,
    ReasoningDelta,
    Reclassified,
    Status,
    TextDelta,
    ToolCallDelta,
    Unreadable,
    Upstream,
    Usage,
)
from chat.generation.attempt import Attempt
from chat.generation.entry import UNREADABLE, Entry, PictureText
from chat.generation.log import GenerationLog
from chat.generation.overlap import OverlapTrimmer
from chat.generation.retry_policy import Policy
from chat.providers.base import CompletionRequest, Provider

Write = Callable[[Entry], None]
Keep = Callable[[Picture], Awaitable[str | None]]


async def unkept(picture: Picture) -> str:
    """What stands for a picture where nobody keeps any."""
    return ""


class AttemptReader:
    """Reads one attempt. `partial` is the answer so far; `write` and `keep` are those of `CompletionRun`."""

    def __init__(
        self, attempt: Attempt, log: GenerationLog, partial: str, policy: Policy, write: Write, keep: Keep
    ) -> None:
        self._attempt = attempt
        self._log = log
        self._policy = policy
        self._write = write
        self._keep = keep
        # Where a continuation may still repeat the end of the partial.
        self._overlap = OverlapTrimmer(partial) if partial else None
        # What was told apart from thoughts before is the answer, whatever its continuation turns out to be.
        self._is_told_apart = bool(partial.strip()) and bool(log.reasoning)
        self._clock = asyncio.get_running_loop().time
        self._step = policy.idle_seconds / 10
        self._extended_at = -inf

    async def read(self, source: Provider, request: CompletionRequest) -> None:
        """Make the request and write what it says. What fails is the attempt's `error`, and nothing is raised."""
        attempt = self._attempt
        try:
            async with asyncio.timeout(self._policy.first_token_seconds) as self._deadline:
                await source.stream(request, self._take, attempt.leave)
        except TimeoutError:
            attempt.error = self._silence()
        except ChatError as error:
            attempt.error = error
        finally:
            attempt.ended = monotonic()
            self._end_overlap()
        if attempt.error is None and attempt.finish_reason is None:
            attempt.error = ChatError("interrupted", "The provider broke the answer off.")

    def _take(self, event: Upstream) -> Awaitable[None] | None:
        """Be the provider's sink."""
        attempt = self._attempt
        kind = type(event)
        if kind is TextDelta or kind is ReasoningDelta or kind is ToolCallDelta:
            # Only words keep the silence from being too long. Moving the deadline at each would cost more than reading
            # it: a tenth of its length is near enough.
            now = self._clock()
            if now - self._extended_at > self._step:
                self._extended_at = now
                self._deadline.reschedule(now + self._policy.idle_seconds + self._step)
            # Of thoughts only the first is looked at: there may be thousands before a word.
            if attempt.first_word is None and (attempt.first_token is None or kind is not ReasoningDelta):
                self._begin(is_thought=kind is ReasoningDelta)
            if kind is not TextDelta or self._overlap is None:
                self._write(event)  # type: ignore[arg-type] # one of the three
            else:
                self._continue(event.content)  # type: ignore[union-attr]
            return None
        match event:
            case Picture():
                return self._show(event)
            case Usage():
                attempt.usage = event
            case Finished():
                attempt.finish_reason, attempt.finish_detail = event.finish_reason, event.finish_detail
                attempt.is_at_limit = event.finish_reason == "length"
            case Unreadable():
                self._miss()
            case Reclassified() if not self._is_told_apart:
                if self._overlap is not None:
                    self._overlap.forget()
                self._end_overlap()
                attempt.first_word = None
                self._write(event)
        return None

    def _begin(self, *, is_thought: bool) -> None:
        now = monotonic()
        if self._attempt.first_token is None:
            self._attempt.first_token = now
        if not is_thought:
            self._attempt.first_word = now

    def _continue(self, text: str) -> None:
        """Write the text of a continuation, as soon as it is clear that it is new."""
        assert self._overlap is not None  # noqa: S101 - the caller has looked
        new = self._overlap.join(text)
        if new:
            self._write(TextDelta(new))
        if self._overlap.is_done:
            self._attempt.repeated, self._overlap = self._overlap.cut, None

    def _end_overlap(self) -> None:
        """Write what is held back in case it repeats the partial: nothing more comes that would tell."""
        if self._overlap is not None:
            if rest := self._overlap.rest():
                self._write(TextDelta(rest))
            self._attempt.repeated, self._overlap = self._overlap.cut, None

    async def _show(self, picture: Picture) -> None:
        """Keep a picture, and show it where it stands in the answer."""
        if self._attempt.first_word is None:
            self._begin(is_thought=False)
        if (shown := await self._keep(picture)) is None:
            self._miss()
        else:
            self._end_overlap()
            if shown:
                self._write(PictureText(shown))
        self._deadline.reschedule(self._clock() + self._policy.idle_seconds + self._step)

    def _miss(self) -> None:
        """Tell once that a piece of the answer is missing."""
        if not any(each.has_gaps for each in self._log.attempts):
            self._write(Status(UNREADABLE, attempt=0))
        self._attempt.has_gaps = True

    def _silence(self) -> ChatError:
        has_begun = self._attempt.first_token is not None
        waited = self._policy.idle_seconds if has_begun else self._policy.first_token_seconds
        return silence(waited, has_begun=has_begun)
