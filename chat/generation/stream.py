"""Follows a generation wherever it is: in this process's memory, in another one's journal, or finished."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from time import monotonic
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from chat import database
from chat.errors import ChatError
from chat.events import Event, ReasoningDelta, Reclassified, Started, TextDelta, ToolCallDelta
from chat.generation import live
from chat.generation.fields import with_fields
from chat.generation.live import HEARTBEAT_SECONDS, Placed
from chat.generation.log import Transcript, from_journal
from chat.generation.outcome import Ending, Outcome, Times
from chat.generation.start import started
from chat.generation.structured import asks_for_json, parse_whole
from chat.live_list import pubsub
from chat.models import Generation, JournalEntry, UsageRecord
from chat.usage.charge import charge_of

# How often a follower tells the process that writes the answer that it is there.
PRESENCE_SECONDS: Final = 5.0

Events = AsyncGenerator[Placed | None, None]


async def follow(user: User, generation_id: UUID, after: int = 0, *, can_return: bool = True) -> Events:
    """Return the events of a generation after a position: start first, `done` or `error` last, None a heartbeat.

    Raises ChatError `not_found` at once if it is not `user`'s.
    """
    generation = live.find(generation_id)
    if generation is not None:
        if generation.account.user_id != user.pk:
            raise ChatError("not_found", "There is no such generation.")
        events = generation.follow(after, can_return=can_return)
        if asks_for_json(generation.plan.request.response_format):
            return with_fields(events, generation.transcript.content_up_to(after))
        return events
    found = await database.run(_find, user, generation_id)
    events = _replay(found, after)
    if asks_for_json(found.response_format):
        # Of an answer that another process writes only what it has said by now can have been told.
        return with_fields(events, found.transcript.content_up_to(after))
    return events


@dataclass(slots=True)
class Found:
    """A generation as the database has it. `ending` is None while it is being written; then `sequence` tells how
    much of its journal is in the transcript."""

    generation_id: UUID
    started: Started
    response_format: dict[str, object] | None
    transcript: Transcript = field(default_factory=Transcript)
    ending: Ending | None = None
    sequence: int = 0


def _find(user: User, generation_id: UUID) -> Found:
    rows = Generation.objects.select_related("message__parent", "message__conversation")
    there = rows.filter(message__conversation__deleted_at__isnull=True)
    generation = there.filter(owner=user, pk=generation_id).first()
    if generation is None:
        raise ChatError("not_found", "There is no such generation.")
    found = Found(generation.pk, started(generation), generation.parameters.get("response_format"))
    if generation.finished_at is None:
        _read_journal(found)
        return found
    _finish(found, generation)
    return found


def _read_on(found: Found, *, is_present: bool) -> None:
    """Bring what was found up to date; `is_present` tells the writing process that somebody follows."""
    rows = Generation.objects.select_related("message__parent", "message__conversation")
    generation = rows.filter(pk=found.generation_id).first()
    if generation is None:
        error = ChatError("interrupted", "This conversation was deleted.", retryable=False)
        found.ending = Ending(None, None, error, Times(None, 0.0))
    elif generation.finished_at is not None:
        _finish(found, generation)
    else:
        _read_journal(found)
        if is_present:
            Generation.objects.filter(pk=found.generation_id).update(followed_at=timezone.now())


def _read_journal(found: Found) -> None:
    entries = JournalEntry.objects.filter(generation=found.generation_id, sequence__gte=found.sequence)
    for entry in entries.order_by("sequence"):
        for said in from_journal(entry.events):
            found.transcript.append(said)
        found.sequence = entry.sequence + 1


def _finish(found: Found, generation: Generation) -> None:
    answer = generation.message
    found.transcript = Transcript.stored(answer.content, answer.reasoning, answer.tool_calls, generation.outline)
    outcome: Outcome = answer.finish_reason  # type: ignore[assignment]
    if generation.error_type:
        outcome = ChatError(generation.error_type, generation.error_message, retryable=generation.error_retryable)
    begins_conversation = answer.parent is not None and answer.parent.parent_id is None
    found.ending = Ending(
        charge=charge_of(UsageRecord.objects.filter(generation_id=generation.pk).corrected().order_by("attempt")),
        title=answer.conversation.title if begins_conversation else None,
        outcome=outcome,
        times=Times(generation.ttft_seconds, generation.elapsed_seconds or 0.0),
        detail=answer.finish_detail or None,
        parsed=None if generation.error_type else parse_whole(found.response_format, answer.content)[0],
    )


async def _replay(found: Found, after: int) -> Events:
    yield after, found.started
    position = after
    present_at = 0.0
    spoke_at = monotonic()
    news, index = found.transcript.after(position)
    async with pubsub.listening(found.generation_id) as bell_rings:
        while True:
            for placed in news:
                yield placed
                position, spoke_at = placed[0], monotonic()
            if found.ending is not None:
                break
            await bell_rings()
            now = monotonic()
            is_present = now - present_at > PRESENCE_SECONDS
            present_at = now if is_present else present_at
            is_behind = found.transcript.position < position
            await database.run(_read_on, found, is_present=is_present)
            # The journal may not have come as far as the follower had. A finished message has the places that the
            # journal had, but not its entries.
            by_place = is_behind or found.ending is not None
            news, index = found.transcript.after(position) if by_place else found.transcript.since(index)
            if now - spoke_at > HEARTBEAT_SECONDS:
                spoke_at = now
                yield None
    for event in found.ending.events():
        yield found.transcript.position, event


async def collect(user: User, generation_id: UUID) -> tuple[Started, str, tuple[Event, ...]]:
    """Wait for the end of a generation. Returns its start, the whole answer, and the events that ended it.

    A caller that goes away while waiting cannot come back: the generation is ended then.
    """
    text: list[str] = []
    others: list[Event] = []
    start: Started | None = None
    async with aclosing(await follow(user, generation_id, can_return=False)) as events:
        async for placed in events:
            match placed and placed[1]:
                case Started() as event:
                    start = event
                case TextDelta(content):
                    text.append(content)
                case Reclassified():
                    text.clear()
                case None | ReasoningDelta() | ToolCallDelta():
                    pass
                case event:
                    others.append(event)
    if start is None:
        raise ChatError("unknown", "The generation ended before it began.")
    return start, "".join(text), tuple(others)
