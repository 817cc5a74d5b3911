"""Generations that this process writes: tasks of their own. Many lines, because the life of one is one class.

A live generation is a growing text and a follower is a position in it, so there are no queues: a slow reader costs
nothing, and any number of readers see the same.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from math import inf
from time import monotonic
from typing import Any, Final, cast
from uuid import UUID

from chat import database, metrics, request_id, runtime
from chat.budgets.limit import AnswerLimit
from chat.catalog.learnt import remember
from chat.errors import ChatError, unexpected
from chat.events import Charge, Event, FinishReason, Started, Status, TextDelta
from chat.generation import pictures
from chat.generation.completion_run import CompletionRun, unlimited
from chat.generation.context import mark_trimmed
from chat.generation.control import running
from chat.generation.entry import Entry, storable, words_of
from chat.generation.followers import Followers
from chat.generation.journal import Journal
from chat.generation.log import GenerationLog
from chat.generation.outcome import EndReason, Outcome, Times, detail_of, result_of
from chat.generation.report import report
from chat.generation.settlement import SettlementError, settle_patiently
from chat.generation.smoothing import WordWriter
from chat.generation.spec import GenerationSpec
from chat.generation.structured import parse_whole
from chat.generation.trimming import TRIMMED
from chat.generation.wal import WriteAheadLog
from chat.usage.ledger import Account

logger = logging.getLogger(__name__)

CUT_OFF: Final = ChatError("interrupted", "The answer was cut off.")
NOT_STORED: Final = ChatError("unknown", "The answer could not be stored. The log tells why.")

HEARTBEAT_SECONDS = 15.0
# Who follows in another process says so every few seconds, and is heard of a little later.
HEARD_SECONDS = 10.0
# Where the grace is 0: how long a generation waits for the caller who asked for it.
FIRST_FOLLOWER_SECONDS = 10.0
# Of what a provider sends, when several of its pieces came as one.
CHARS_PER_PIECE = 4


def find(generation_id: UUID) -> "LiveGeneration | None":
    """Return the generation if it is under way in this process."""
    return cast("LiveGeneration | None", running().by_id.get(generation_id))


def start(spec: GenerationSpec) -> "LiveGeneration":
    """Begin a generation."""
    generation = LiveGeneration(spec)
    running().by_id[spec.account.generation_id] = generation
    runtime.part(Journal).join(generation)
    # A clean context: nothing of the request that asked for it may live on in the task, but the id in its log lines.
    context = request_id.clean_context()
    generation.task = asyncio.get_running_loop().create_task(generation.run(), context=context)
    metrics.LIVE.inc()
    return generation


class LiveGeneration:
    """One answer being written."""

    def __init__(self, spec: GenerationSpec) -> None:
        self.spec = spec
        self.task: asyncio.Task[None] | None = None
        # The last events, `done` or `error` at the end; empty until all is stored.
        self.tail: tuple[Event, ...] = ()
        self.followers = Followers(spec.limits.grace, lambda: self._end("disconnected"))
        self._file = WriteAheadLog(spec.account.generation_id)
        self.log = GenerationLog(write=self._file.write, wake=self.followers.ring)
        self._writer = WordWriter(self.log)
        self._loop = asyncio.get_running_loop()
        self._limit: AnswerLimit | None = None
        if spec.reservation is not None:
            self._limit = AnswerLimit(spec.account, spec.request.max_tokens, spec.reservation, self._end)
        self._reading: asyncio.Task[FinishReason] | None = None
        self._run: CompletionRun | None = None
        self._is_trimmed = False
        self._ended_by: EndReason | None = None
        # How many pieces of a stopped answer may still be read; None while it goes on.
        self._unread: int | None = None
        self._began = monotonic()
        self._ended: float | None = None
        self._followed_elsewhere_at = -inf

    @property
    def account(self) -> Account:
        """On whose account it goes."""
        return self.spec.account

    # Ending it

    def stop(self) -> None:
        """Close the upstream connection at once; the partial is kept. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._end, "stopped")

    def revoke(self) -> None:
        """End it because its owner may not be here any more."""
        self._end(ChatError("interrupted", "Access was withdrawn while this was being written.", retryable=False))

    def followed_elsewhere(self) -> None:
        """Another process has a follower: as if one had come and gone here just now."""
        self._followed_elsewhere_at = monotonic()
        self.followers.miss(can_return=True)

    def interrupt(self) -> None:
        """End it because the server goes down."""
        self._end(ChatError("interrupted", "The server was restarted while this was being written."))

    @property
    def is_followed(self) -> bool:
        """Whether anybody follows it in this process."""
        return bool(self.followers)

    @property
    def _is_heard(self) -> bool:
        """Whether anybody follows it here, or has lately said to do so in another process."""
        return self.is_followed or monotonic() - self._followed_elsewhere_at < HEARD_SECONDS

    def _end(self, reason: EndReason) -> None:
        if self._ended_by is None:
            self._ended_by = reason
            if self._drains and reason in ("stopped", "disconnected"):
                self._unread = self.spec.limits.drain_pieces
                self._loop.call_later(self.spec.limits.drain_seconds, self._close)
            else:
                self._close()
        elif isinstance(reason, ChatError):
            self._close()

    @property
    def _drains(self) -> bool:
        """Whether there is an answer under way that the provider may still count, and its count is wanted."""
        attempts = self.log.attempts
        begun = bool(attempts) and attempts[-1].first_token is not None
        return begun and self.spec.limits.drain_seconds > 0

    def _close(self) -> None:
        if self._reading:
            self._reading.cancel()

    # CompletionRun it

    async def run(self) -> None:
        """Read the upstream to its end, whichever that is, then store the result and tell the followers."""
        self.followers.expect(FIRST_FOLLOWER_SECONDS)
        if self.spec.is_trimmed:
            self._write(TRIMMED)
        try:
            outcome = await self._outcome()
            self._ended = monotonic()
            self._writer.close()
            await self._remember()
            await self._store(outcome)
        finally:
            self._writer.close()
            if self._limit is not None:
                self._limit.close()
            self._file.close()
            self.tail = self.tail or self._last_events(CUT_OFF, None)
            running().by_id.pop(self.account.generation_id, None)
            metrics.LIVE.dec()
            self.followers.dismiss()

    async def _outcome(self) -> EndReason:
        if self._ended_by is None:
            self._reading = asyncio.create_task(self._read())
            await asyncio.wait({self._reading}, timeout=self.spec.limits.total_seconds)
            if not self._reading.done():
                self._end(ChatError("timeout", f"The answer took longer than {self.spec.limits.total_seconds:g} s."))
                await asyncio.wait({self._reading})
            error = None if self._reading.cancelled() else self._reading.exception()
            if not self._reading.cancelled() and error is None and self._unread is None:
                return self._reading.result()
            if error is not None and self._ended_by is None:
                return self._public(error)
        return self._ended_by or CUT_OFF

    def _public(self, error: BaseException) -> ChatError:
        if isinstance(error, ChatError):
            return error
        logger.error("A generation failed unexpectedly.", exc_info=error)
        return unexpected()

    async def _read(self) -> FinishReason:
        source = await self.spec.connect()
        next_limit = self._limit.next_limit if self._limit is not None else unlimited
        self._run = CompletionRun(
            source,
            self.spec.request,
            self.spec.limits.policy,
            self.log,
            write=self._write,
            flush=self._writer.flush,
            ask_again=self._ask_again,
            next_limit=next_limit,
            keep=partial(pictures.try_to_keep, self.account.message_id),
        )
        return await self._run.run()

    async def _ask_again(self) -> None:
        self._writer.flush()
        self.log.mark()
        await runtime.part(Journal).flush()

    def _write(self, said: Entry) -> None:
        if said is TRIMMED:
            # Told once, whether it was known beforehand or the provider had to say so.
            if self._is_trimmed:
                return
            self._is_trimmed = True
        if self._unread is not None:
            self._unread -= max(1, len(words_of(said)) // CHARS_PER_PIECE)
            if not isinstance(said, Status):
                self.log.attempts[-1].unheard.append(said)
            # What would be asked again is over.
            if self._unread < 0 or isinstance(said, Status):
                self._close()
            return
        if self._limit is not None:
            self._limit.count(words_of(said))
        is_plain = type(said) is TextDelta and "\0" not in said.content
        self._writer.write(said if is_plain else storable(said))

    async def _store(self, outcome: EndReason) -> None:
        parsed: object = None
        if outcome in ("stop", "other"):
            parsed, invalid = parse_whole(self.spec.request.response_format, self.log.content)
            outcome = invalid or outcome
        result = replace(result_of(outcome, self.log, self._times), is_followed=self._is_heard)
        await runtime.part(Journal).leave(self)
        try:
            charge = await settle_patiently(self.account, result)
        except SettlementError:
            self.tail = self._last_events(
                ChatError("unknown", "The answer could not be stored. The log tells why."), None
            )
        else:
            self._file.remove()
            self.tail = self._last_events(outcome, charge, parsed)
            report(self.account, result, charge)

    async def _remember(self) -> None:
        """Keep what the answer taught of the model's server, for those who ask it next."""
        before, run = self.spec.request.learnt, self._run
        # It writes to this generation, which would wait with it for the garbage collector.
        self._run = None
        if run is None or self.account.model_id is None:
            return
        try:
            # Only where the window left something out it matters whether it is right.
            taken = self._taken() if self.spec.is_trimmed else 0
            if run.learnt != before or run.window is not None or taken:
                await database.run(remember, self.account.model_id, before, run.learnt, run.window, taken)
            if self._is_trimmed and not self.spec.is_trimmed:
                await database.run(mark_trimmed, self.account.generation_id)
        except Exception:
            # It is learnt again with the next answer; this one is what matters.
            logger.exception("What a model's server taught could not be kept.")

    def _taken(self) -> int:
        """Return how many tokens the longest prompt had that was answered, as far as the provider counted them."""
        answered = (each.usage for each in self.log.attempts if each.finish_reason and each.usage)
        return max((usage.prompt_tokens or 0 for usage in answered), default=0)

    def _last_events(self, outcome: EndReason, charge: Charge | None, parsed: object = None) -> tuple[Event, ...]:
        detail = detail_of(outcome, self.log.attempts)
        return Outcome(charge, self.spec.title, outcome, self._times, parsed, detail).events()

    @property
    def _times(self) -> Times:
        return Times.of(self.log.attempts, self._began, self._ended)

    # Following it

    @asynccontextmanager
    async def followed(self, *, can_return: bool) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
        """Follow it for as long as the block runs. Gives a function that waits for news: False is a long silence.

        A follower that leaves before the end and is the last starts the grace period; one that cannot return,
        such as a JSON caller, ends the generation at once.
        """
        self.followers.enter()
        try:
            yield partial(self.followers.news, HEARTBEAT_SECONDS)
        finally:
            self.followers.leave(can_return=can_return)

    @property
    def started(self) -> Started:
        """The first event of its streams."""
        return self.spec.started

    @property
    def response_format(self) -> dict[str, Any] | None:
        """The format that was asked for."""
        return self.spec.request.response_format
