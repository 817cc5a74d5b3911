"""Generations under way in this process: each a task apart from any request, its text, and its followers.

A live generation is a growing text and a follower is a position in it, so there are no queues: a slow reader costs
nothing, and any number of readers see the same.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from contextvars import Context
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from chat import database
from chat.errors import ChatError
from chat.events import Charge, Done, Event, Failed, Finished, FinishReason, Started, Title, Usage
from chat.generation.transcript import Transcript
from chat.models import Message
from chat.providers.base import CompletionRequest, Provider
from chat.usage.ledger import Account, Result, settle, tokens_per_second

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
# A generation begins before anyone can follow it; a caller that never does is gone after this long.
FIRST_FOLLOWER_SECONDS = 10.0
SAVE_TRIES = 3

Placed = tuple[int, Event]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a generation needs to run; `title` is set when it begins a new conversation."""

    account: Account
    started: Started
    request: CompletionRequest
    source: Provider
    title: str | None


_live: dict[UUID, "LiveGeneration"] = {}
_reserved: Counter[int] = Counter()


def find(generation_id: UUID) -> "LiveGeneration | None":
    """Return the generation if it is under way in this process."""
    return _live.get(generation_id)


@contextmanager
def reserved(user_id: int, limit: int) -> Iterator[None]:
    """Hold one of the user's `limit` places (0: no limit) while a generation is being started.

    Raises ChatError `rate_limit` when all are taken.
    """
    taken = _reserved[user_id] + sum(generation.plan.account.user_id == user_id for generation in _live.values())
    if limit and taken >= limit:
        raise ChatError("rate_limit", f"{limit} answers are being written for you already. Wait for one or stop one.")
    _reserved[user_id] += 1
    try:
        yield
    finally:
        _reserved[user_id] -= 1
        if not _reserved[user_id]:
            del _reserved[user_id]


def start(plan: Plan, grace: float | None, total_seconds: float) -> "LiveGeneration":
    """Begin a generation. `grace` is how long it goes on without a follower, in seconds; None is for ever."""
    generation = LiveGeneration(plan, grace, total_seconds)
    _live[plan.account.generation_id] = generation
    # A clean context: nothing of the request that asked for it may live on in the task.
    generation.task = asyncio.get_running_loop().create_task(generation.run(), context=Context())
    return generation


async def drain() -> None:
    """End every generation of this process now, keeping what it has said."""
    tasks = [generation.task for generation in _live.values() if generation.task]
    for generation in list(_live.values()):
        generation.interrupt()
    if tasks:
        await asyncio.wait(tasks)


class LiveGeneration:
    """One answer being written."""

    def __init__(self, plan: Plan, grace: float | None, total_seconds: float) -> None:
        self.plan = plan
        self.task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self.transcript = Transcript()
        # The last events, `done` or `error` at the end; empty until all is stored.
        self.tail: tuple[Event, ...] = ()
        self._grace = grace
        self._total_seconds = total_seconds
        self._followers = 0
        self._farewell: asyncio.TimerHandle | None = None
        self._bell: asyncio.Future[None] | None = None
        self._reading: asyncio.Task[FinishReason] | None = None
        self._ended_by: FinishReason | ChatError | None = None
        self._usage: Usage | None = None
        self._began = monotonic()
        self._first_token: float | None = None

    # Ending it

    def stop(self) -> None:
        """Close the upstream connection at once; the partial is kept. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._end, "stopped")

    def interrupt(self) -> None:
        """End it because the server goes down."""
        self._end(ChatError("interrupted", "The server was restarted while this was being written."))

    def _end(self, reason: FinishReason | ChatError) -> None:
        if self._ended_by is None:
            self._ended_by = reason
            if self._reading:
                self._reading.cancel()

    # Writing it

    async def run(self) -> None:
        """Read the upstream to its end, whichever that is, then store the result and tell the followers."""
        self._watch_for_followers(FIRST_FOLLOWER_SECONDS)
        try:
            await self._store(await self._outcome())
        finally:
            self._cancel_farewell()
            self.tail = self.tail or (Failed("interrupted", "The answer was cut off.", True),)
            del _live[self.plan.account.generation_id]
            self._ring()

    async def _outcome(self) -> FinishReason | ChatError:
        if self._ended_by is None:
            self._reading = asyncio.create_task(self._read())
            await asyncio.wait({self._reading}, timeout=self._total_seconds)
            if not self._reading.done():
                minutes = self._total_seconds / 60
                self._end(ChatError("timeout", f"The answer was not finished after {minutes:g} minutes."))
                await asyncio.wait({self._reading})
            error = None if self._reading.cancelled() else self._reading.exception()
            if not self._reading.cancelled() and error is None:
                return self._reading.result()
            if error is not None and self._ended_by is None:
                return self._public(error)
        return self._ended_by or ChatError("interrupted", "The answer was cut off.")

    def _public(self, error: BaseException) -> ChatError:
        if isinstance(error, ChatError):
            return error
        logger.error("A generation failed unexpectedly.", exc_info=error)
        return ChatError("unknown", "Something went wrong on this server. Its log tells what.")

    async def _read(self) -> FinishReason:
        reason: FinishReason | None = None
        async with aclosing(self.plan.source.stream(self.plan.request)) as upstream:
            async for event in upstream:
                match event:
                    case Finished():
                        reason = event.finish_reason
                    case Usage():
                        self._usage = event
                    case _:
                        if self._first_token is None:
                            self._first_token = monotonic()
                        self.transcript.append(event)
                        self._ring()
        if reason is None:
            raise ChatError("interrupted", "The answer was cut off by the provider.")
        return reason

    async def _store(self, outcome: FinishReason | ChatError) -> None:
        result = self._result(outcome)
        charge: Charge | None = None
        for attempt in range(1, SAVE_TRIES + 1):
            try:
                charge = await database.run(settle, self.plan.account, result)
            except Exception:
                logger.exception("An answer could not be stored (try %d of %d).", attempt, SAVE_TRIES)
                await asyncio.sleep(attempt)
            else:
                self.tail = tail(result, charge, self.plan.title)
                return
        self.tail = (Failed("unknown", "The answer could not be stored. The server's log tells why.", True),)

    def _result(self, outcome: FinishReason | ChatError) -> Result:
        error = outcome if isinstance(outcome, ChatError) else None
        status = Message.Status.COMPLETE
        if outcome in ("stopped", "disconnected"):
            status = Message.Status.STOPPED
        elif error:
            partial = len(self.transcript) > 0 or error.code == "interrupted"
            status = Message.Status.INTERRUPTED if partial else Message.Status.FAILED
        return Result(
            content=self.transcript.content,
            reasoning=self.transcript.reasoning,
            tool_calls=self.transcript.tool_calls,
            status=status,
            finish_reason="" if isinstance(outcome, ChatError) else outcome,
            error=error,
            usage=self._usage,
            prompt=tuple(turn.content for turn in self.plan.request.turns),
            ttft_seconds=None if self._first_token is None else round(self._first_token - self._began, 4),
            elapsed_seconds=round(monotonic() - self._began, 4),
        )

    # Following it

    async def follow(self, after: int = 0, *, can_return: bool = True) -> AsyncGenerator[Placed | None, None]:
        """Yield the events after a position, each with its own, up to the last one; None is a heartbeat.

        A follower that leaves before the end and is the last starts the grace period; one that cannot return,
        such as a JSON caller, ends the generation at once.
        """
        self._followers += 1
        self._cancel_farewell()
        try:
            yield after, self.plan.started
            found, index = self.transcript.after(after)
            while True:
                for placed in found:
                    yield placed
                if index < len(self.transcript):
                    found, index = self.transcript.since(index)
                elif self.tail:
                    break
                else:
                    found = []
                    if not await self._news(HEARTBEAT_SECONDS):
                        yield None
            for event in self.tail:
                yield self.transcript.position, event
        finally:
            self._followers -= 1
            if not self._followers:
                self._watch_for_followers(self._grace if can_return else 0.0)

    async def _news(self, seconds: float) -> bool:
        """Wait until something happens; False if nothing did for so long."""
        if self._bell is None:
            self._bell = self._loop.create_future()
        done, _ = await asyncio.wait({self._bell}, timeout=seconds)
        return bool(done)

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.set_result(None)
            self._bell = None

    def _watch_for_followers(self, seconds: float | None) -> None:
        self._cancel_farewell()
        if self.tail or seconds is None:
            return
        if seconds == 0:
            self._end("disconnected")
        else:
            self._farewell = self._loop.call_later(seconds, self._end, "disconnected")

    def _cancel_farewell(self) -> None:
        if self._farewell is not None:
            self._farewell.cancel()
            self._farewell = None


def tail(result: Result, charge: Charge | None, title: str | None) -> tuple[Event, ...]:
    """Return the events that end a stream: usage, title, and at last `done` or `error`."""
    events: list[Event] = []
    if charge is not None:
        events.append(charge)
    if title is not None:
        events.append(Title(title))
    if result.error is not None:
        events.append(Failed(result.error.code, result.error.message, result.error.retryable))
    else:
        tokens = charge.completion_tokens if charge else None
        events.append(
            Done(
                finish_reason=result.finish_reason,  # type: ignore[arg-type]
                token_count=tokens,
                elapsed_seconds=result.elapsed_seconds,
                ttft_seconds=result.ttft_seconds,
                tokens_per_second=tokens_per_second(tokens, result.elapsed_seconds, result.ttft_seconds),
            )
        )
    return tuple(events)
