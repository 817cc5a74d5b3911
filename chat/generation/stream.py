"""The stream of a generation's events, wherever it is written: here, in another process, or finished."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from chat import database
from chat.access.subscription import Subscription
from chat.errors import ChatError, unexpected
from chat.events import Event, Failed, Started
from chat.generation import live
from chat.generation.entry import from_journal
from chat.generation.live import HEARTBEAT_SECONDS
from chat.generation.log import GenerationLog
from chat.generation.outcome import EndReason, Outcome, Times
from chat.generation.start import started
from chat.generation.structured import FieldTeller, asks_for_json, parse_whole
from chat.live_list import pubsub
from chat.models import Generation, JournalEntry, UsageRecord
from chat.usage.charge import charge_of

logger = logging.getLogger(__name__)
T = TypeVar("T")

# How often a follower tells the process that writes the answer that it is there.
PRESENCE_SECONDS: Final = 5.0


class Source(Protocol):
    """A generation that can be followed: its log, and the last events, which are empty while it is written.

    The log of a generation that another process writes is replaced when it has finished.
    """

    log: GenerationLog
    tail: tuple[Event, ...]

    @property
    def started(self) -> Started: ...
    @property
    def response_format(self) -> dict[str, Any] | None: ...

    def followed(self, *, can_return: bool) -> AbstractAsyncContextManager[Callable[[], Awaitable[bool]]]:
        """Follow it; gives a function that waits for news, or returns False after a long silence."""
        ...


async def find(user: User, generation_id: UUID) -> Source:
    """Return a generation of `user`'s to follow. Raises ChatError `not_found`."""
    generation = live.find(generation_id)
    if generation is None:
        return await database.run(_find, user, generation_id)
    if generation.account.user_id != user.pk:
        raise ChatError("not_found", "There is no such generation.")
    return generation


async def follow(
    source: Source,
    subscribed: AbstractContextManager[Subscription],
    encode: Callable[[int, Event], T],
    heartbeat: T,
    after: int = 0,
    *,
    can_return: bool = True,
) -> AsyncGenerator[T, None]:
    """Yield the events after a position, encoded: start first, `done` or `error` last, and heartbeats in between.

    `subscribed` gives what the follower was let in with, and is entered by the task that reads the stream.

    It never raises: a stream says how it ended, also where it was cut because access was withdrawn. This is the one
    generator that each piece of an answer passes on its way out.
    """
    position = after
    try:
        async with source.followed(can_return=can_return) as news:
            with subscribed as subscription, subscription.waiting():
                parts: Sequence[T] = (encode(position, source.started),)
                log, is_over = source.log, False
                cursor = log.since(position)
                fields = None
                if asks_for_json(source.response_format):
                    # Of an answer that another process writes only what it has said by now can have been told.
                    fields = FieldTeller(log.content_up_to(position))
                while True:
                    for part in parts:
                        subscription.pause()
                        yield part
                        subscription.check()
                    if is_over:
                        return
                    if read := cursor.read():
                        told = read if fields is None else fields.with_fields(position, read)
                        parts = [encode(end, entry) for end, entry in told]
                        position = read[-1][0]
                    elif source.tail and source.log is log:
                        position, is_over = log.position, True
                        rest = fields.rest() if fields is not None else ()
                        parts = [encode(position, event) for event in (*rest, *source.tail)]
                    else:
                        parts = () if await news() else (heartbeat,)
                        if source.log is not log:
                            # A finished message has the places that the journal had, but not its entries.
                            log = source.log
                            cursor = log.since(position)
    except ChatError as error:
        yield encode(position, Failed("interrupted", error.message, retryable=False))
    except Exception:
        logger.exception("A stream failed.")
        yield encode(position, Failed("unknown", unexpected().message, retryable=True))


async def collect(user: User, generation_id: UUID) -> tuple[Started, str, tuple[Event, ...]]:
    """Wait for the end of a generation. Returns its start, the whole answer, and the events that ended it.

    A caller that goes away while waiting cannot come back: the generation is ended then.
    """
    source = await find(user, generation_id)
    async with source.followed(can_return=False) as news:
        while not source.tail:
            await news()
    return source.started, source.log.content, source.tail


# A generation that another process writes, or that has finished


@dataclass(slots=True)
class StoredGeneration:
    """A generation as the database has it. While it is written `sequence` tells how much of the journal is read."""

    generation_id: UUID
    started: Started
    response_format: dict[str, Any] | None
    log: GenerationLog = field(default_factory=GenerationLog)
    tail: tuple[Event, ...] = ()
    sequence: int = 0

    @asynccontextmanager
    async def followed(self, *, can_return: bool) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
        """Follow it for as long as the block runs. Gives a function that waits for news: False is a long silence."""
        present_at = 0.0
        heard_at = monotonic()
        async with pubsub.listening(self.generation_id) as published:

            async def news() -> bool:
                nonlocal present_at, heard_at
                while not self.tail:
                    await published()
                    now = monotonic()
                    is_present = now - present_at > PRESENCE_SECONDS
                    present_at = now if is_present else present_at
                    count = len(self.log)
                    await database.run(_read_on, self, is_present=is_present)
                    if len(self.log) != count or self.tail:
                        heard_at = now
                        break
                    if now - heard_at > HEARTBEAT_SECONDS:
                        heard_at = now
                        return False
                return True

            yield news


def _find(user: User, generation_id: UUID) -> StoredGeneration:
    rows = Generation.objects.select_related("message__parent", "message__conversation")
    there = rows.filter(message__conversation__deleted_at__isnull=True)
    generation = there.filter(owner=user, pk=generation_id).first()
    if generation is None:
        raise ChatError("not_found", "There is no such generation.")
    found = StoredGeneration(generation.pk, started(generation), generation.parameters.get("response_format"))
    if generation.finished_at is None:
        _read_journal(found)
    else:
        _finish(found, generation)
    return found


def _read_on(found: StoredGeneration, *, is_present: bool) -> None:
    """Bring what was found up to date; `is_present` tells the writing process that somebody follows."""
    rows = Generation.objects.select_related("message__parent", "message__conversation")
    generation = rows.filter(pk=found.generation_id).first()
    if generation is None:
        error = ChatError("interrupted", "This conversation was deleted.", retryable=False)
        found.tail = Outcome(None, None, error, Times(None, 0.0)).events()
    elif generation.finished_at is not None:
        _finish(found, generation)
    else:
        _read_journal(found)
        if is_present:
            Generation.objects.filter(pk=found.generation_id).update(followed_at=timezone.now())


def _read_journal(found: StoredGeneration) -> None:
    entries = JournalEntry.objects.filter(generation=found.generation_id, sequence__gte=found.sequence)
    for entry in entries.order_by("sequence"):
        for said in from_journal(entry.events):
            found.log.append(said)
        found.sequence = entry.sequence + 1


def _finish(found: StoredGeneration, generation: Generation) -> None:
    answer = generation.message
    found.log = GenerationLog.stored(answer.content, answer.reasoning, answer.tool_calls, generation.outline)
    outcome: EndReason = answer.finish_reason  # type: ignore[assignment]
    if generation.error_type:
        outcome = ChatError(
            generation.error_type,
            generation.error_message,
            retryable=generation.error_retryable,
            retry_at=generation.error_retry_at,
        )
    begins_conversation = answer.parent is not None and answer.parent.parent_id is None
    found.tail = Outcome(
        charge=charge_of(UsageRecord.objects.filter(generation_id=generation.pk).corrected().order_by("attempt")),
        title=answer.conversation.title if begins_conversation else None,
        outcome=outcome,
        times=Times(generation.ttft_seconds, generation.elapsed_seconds or 0.0, generation.thinking_seconds),
        detail=answer.finish_detail or None,
        parsed=None if generation.error_type else parse_whole(found.response_format, answer.content)[0],
    ).events()
