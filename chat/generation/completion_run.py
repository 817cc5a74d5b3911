"""Asks a provider until there is an answer: again before the first word, and to continue the partial after it.

The rules are those of the failure table: a request that failed before any text is made again after a delay, an answer
that broke off after some text is continued, and each request that was made is an attempt of its own on the bill.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Final

from chat.errors import ChatError
from chat.events import (
    FinishReason,
    Status,
)
from chat.generation.attempt import Attempt
from chat.generation.attempt_reader import AttemptReader, Keep, Write, unkept
from chat.generation.log import GenerationLog
from chat.generation.pictures import unshown
from chat.generation.retry_policy import PATIENCE_SECONDS, Policy, delay_seconds, final, may_be_its_limit, passes
from chat.generation.trimming import TRIMMED, shortened
from chat.providers.base import CompletionRequest, Learnt, Provider, Turn
from chat.providers.unsupported_parameters import SMALL_LIMIT, adapted

CONTINUE: Final = "Continue exactly where you left off."
Announce = Callable[[], Awaitable[None]]
NextLimit = Callable[[Sequence[Attempt]], Awaitable[int | None]]
# So much of a limit has an answer that ended at it; some servers count the end mark, some do not.
NEARLY: Final = 0.9


async def unannounced() -> None:
    """What is awaited before a further request where nobody needs to know of it."""


def unbuffered() -> None:
    """What is called before the log is read, where nothing is held back from it."""


async def unlimited(attempts: Sequence[Attempt]) -> int | None:
    """How long the answer may become on its next request where only the request itself limits it."""
    return None


class CompletionRun:
    """Gets one answer written into a log, whose `attempts` grow with each request.

    `write` takes every entry and appends it to the log, perhaps a little later: `flush` appends what it holds back.
    Without them the log takes the entries itself.

    `keep` is awaited with each picture, and returns the Markdown that stands for it; None where it could not be kept.

    `next_limit` is awaited before each request: how many tokens it may take, 0 where the answer is as long as was asked
    for, None where the request is to be as it is. `ask_again` is awaited before each that follows one that was sent.
    `learnt` is what is known of the server by the last request that it answered, `window` how many tokens its model
    takes at once, where it told that by refusing more.
    """

    def __init__(
        self,
        source: Provider,
        request: CompletionRequest,
        policy: Policy,
        log: GenerationLog,
        write: Write | None = None,
        flush: Callable[[], None] = unbuffered,
        ask_again: Announce = unannounced,
        next_limit: NextLimit = unlimited,
        keep: Keep = unkept,
    ) -> None:
        self.attempts = log.attempts
        self.learnt = request.learnt
        self.window: int | None = None
        self._retries = self._continuations = self._looks = 0
        self._began = monotonic()
        self._was_shortened = False
        self._source = source
        self._request = request
        self._policy = policy
        self._log = log
        self._write = write or log.append
        self._flush = flush
        self._ask_again = ask_again
        self._next_limit = next_limit
        self._keep = keep

    @property
    def _text(self) -> str:
        """What the answer says so far."""
        self._flush()
        return self._log.content

    async def run(self) -> FinishReason:
        """Return why the answer ended. Raises ChatError once there is nothing left to try."""
        self._began = monotonic()
        request = self._request
        limit = await self._next_limit(self.attempts)
        while True:
            if limit is not None:
                request = replace(request, max_tokens=max(1, limit))
            try:
                reason = await self._attempt(request)
            except ChatError as error:
                following = await self._after(request, error, limit)
                if following is None:
                    raise final(error, has_text=bool(self._text)) from None
                request = following
                if self.attempts[-1].sent:
                    limit = await self._next_limit(self.attempts)
                    await self._ask_again()
            else:
                if reason != "length" or limit is None or not self._is_at(limit):
                    return reason
                limit = await self._more()
                if not limit or not self._text.strip() or self.attempts[-1].said.tool_calls:
                    return reason
                self._write(Status("The answer is long. Continuing from there.", len(self.attempts) + 1))
                request = self._continuation()
                await self._ask_again()

    async def _after(self, request: CompletionRequest, error: ChatError, limit: int | None) -> CompletionRequest | None:
        """Return what to ask after a request that failed; None where there is nothing left to try."""
        if (learnt := self._adapted(request, error)) is not None:
            # Asked again at once, as this server wants it: that is no failure to wait for.
            self._request = replace(self._request, learnt=learnt)
            return replace(request, learnt=learnt)
        # A blank is nothing that anybody sees, and no turn that a provider takes.
        has_begun = bool(self._text.strip())
        following = await (self._go_on(error) if has_begun else self._begin_again(request, error))
        if following is not None:
            return following
        if not has_begun and limit is not None and limit > SMALL_LIMIT and may_be_its_limit(error):
            # Asked again with a limit that every server takes.
            return request
        if (shorter := await self._shortened(request, error)) is not None:
            self._write(TRIMMED)
            self._request = shorter
            return self._continuation() if has_begun else shorter
        return None

    async def _begin_again(self, request: CompletionRequest, error: ChatError) -> CompletionRequest | None:
        if self.attempts[-1].is_billed:
            # What was answered is paid for, shown or not: asking again would be another bill.
            return None
        is_patient = (error.retry_after or 0) <= PATIENCE_SECONDS
        has_time = monotonic() - self._began < self._policy.first_token_seconds
        if error.repeat == "once_loaded" and is_patient and has_time:
            # As where a server is silent for as long as it loads: that is waiting, not a failure.
            await self._pause(error, self._looks)
            self._looks += 1
            return request
        if not self._may_pass(error) or self._retries >= self._policy.max_retries:
            return None
        await self._pause(error, self._retries)
        self._retries += 1
        # Some refuse so what is too long for them, and tell why only where nothing is streamed.
        return replace(request, learnt=self._request.learnt, is_whole=error.repeat == "in_one_piece")

    async def _go_on(self, error: ChatError) -> CompletionRequest | None:
        if not self._may_pass(error) or self._continuations >= self._policy.max_continuations:
            return None
        self._continuations += 1
        self._write(Status("The answer broke off. Continuing from there.", len(self.attempts) + 1))
        return self._continuation()

    def _adapted(self, request: CompletionRequest, error: ChatError) -> Learnt | None:
        """Return how the server wants to be asked that turned a request down; None where it did not say."""
        return adapted(request.learnt, error.refusal.parameters) if error.refusal is not None else None

    async def _shortened(self, request: CompletionRequest, error: ChatError) -> CompletionRequest | None:
        """Return the request without the oldest turns, once, where it was refused for its length."""
        if error.code != "context_length" or self.attempts[-1].first_token is not None:
            return None
        if error.refusal is not None:
            self.window = error.refusal.window or self.window
        if self._was_shortened:
            return None
        self._was_shortened = True
        more = len(request.turns) - len(self._request.turns)
        # Beside the event loop: a history may be megabytes.
        kept = await asyncio.to_thread(shortened, request.turns, error.refusal, request.max_tokens, 1 + more)
        return None if kept is None else replace(self._request, turns=kept[: len(kept) - more])

    def _is_at(self, limit: int) -> bool:
        """Whether the last request ended at a limit, and not because the model can say no more."""
        usage = self.attempts[-1].usage
        return usage is None or usage.completion_tokens is None or usage.completion_tokens >= limit * NEARLY

    async def _more(self) -> int | None:
        """Return how long an answer that is at its limit may go on. Raises ChatError, which is then how it ended."""
        last = self.attempts[-1]
        try:
            return await self._next_limit(self.attempts)
        except ChatError as error:
            last.finish_reason, last.error = None, error
            raise

    def _may_pass(self, error: ChatError) -> bool:
        # Half a tool call can neither be taken back nor continued.
        return passes(error) and not self.attempts[-1].said.tool_calls

    async def _pause(self, error: ChatError, retries: int) -> None:
        seconds = error.retry_after
        if seconds is None:
            seconds = delay_seconds(retries)
        news = f"{error.message} Trying again in {max(1, round(seconds))} s."
        self._write(Status(news, len(self.attempts) + 1, round(seconds, 2)))
        await asyncio.sleep(seconds)

    def _continuation(self) -> CompletionRequest:
        turns = (*self._request.turns, Turn("assistant", unshown(self._text)), Turn("user", CONTINUE))
        learnt = self._request.learnt
        if self._log.was_reclassified and not learnt.begins_in_text:
            # It thinks before it goes on, too.
            learnt = replace(learnt, begins_in_thought=True)
        return replace(self._request, turns=turns, learnt=learnt)

    async def _attempt(self, request: CompletionRequest) -> FinishReason:
        attempt = Attempt(tuple(turn.content for turn in request.turns), max_tokens=request.max_tokens)
        partial = self._text
        reader = AttemptReader(attempt, self._log, partial, self._policy, self._write, self._keep)
        self._log.begin(attempt)
        try:
            await reader.read(self._source, request)
        finally:
            self._flush()
            said = attempt.said
            if len(said) or attempt.finish_reason:
                # What is refused for something else may have been taken as it was before, too.
                self.learnt = request.learnt.after(
                    attempt.end,
                    text=said.content,
                    thought=said.reasoning,
                    was_reclassified=said.was_reclassified,
                )
                # A continuation begins as this one did.
                self._request = replace(self._request, learnt=self.learnt)
        if attempt.error is not None:
            raise attempt.error
        return attempt.finish_reason or "stop"
