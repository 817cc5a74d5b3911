"""Follows a generation wherever it is: from memory while it is under way, else from its finished message."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from django.contrib.auth.models import User

from chat import database
from chat.errors import ChatError
from chat.events import Event, ReasoningDelta, Started, TextDelta, ToolCallDelta
from chat.generation import live
from chat.generation.live import Placed, tail
from chat.generation.start import started
from chat.generation.transcript import Entry, Transcript
from chat.models import Generation, Message, UsageRecord
from chat.usage.ledger import Result, charge_of


async def follow(
    user: User, generation_id: UUID, after: int = 0, *, can_return: bool = True
) -> AsyncGenerator[Placed | None, None]:
    """Return the events of a generation after a position: start first, `done` or `error` last, None a heartbeat.

    Raises ChatError `not_found` at once if it is not `user`'s.
    """
    generation = live.find(generation_id)
    if generation is not None:
        if generation.plan.account.user_id != user.pk:
            raise ChatError("not_found", "There is no such generation.")
        return generation.follow(after, can_return=can_return)
    return _replay(*await database.run(_finished, user, generation_id), after)


async def _replay(
    start: Started, transcript: Transcript, end: tuple[Event, ...], after: int
) -> AsyncGenerator[Placed | None, None]:
    yield after, start
    found, _ = transcript.after(after)
    for placed in found:
        yield placed
    for event in end:
        yield transcript.position, event


def _finished(user: User, generation_id: UUID) -> tuple[Started, Transcript, tuple[Event, ...]]:
    rows = Generation.objects.select_related("message__parent")
    generation = rows.filter(owner=user, pk=generation_id).first()
    if generation is None or generation.message.parent is None:
        raise ChatError("not_found", "There is no such generation.")
    answer = generation.message
    entries: list[Entry] = []
    if answer.reasoning:
        entries.append(ReasoningDelta(answer.reasoning))
    if answer.content:
        entries.append(TextDelta(answer.content))
    entries += [ToolCallDelta(**call) for call in answer.tool_calls]
    charge = charge_of(UsageRecord.objects.filter(generation_id=generation_id).order_by("attempt"))
    end = tail(_result(generation, answer), charge, None)
    return started(generation, answer, answer.parent or answer), Transcript(entries), end


def _result(generation: Generation, answer: Message) -> Result:
    error = None
    if generation.error_type:
        error = ChatError(generation.error_type, generation.error_message, retryable=generation.error_retryable)
    elif answer.status == Message.Status.STREAMING:
        error = ChatError("interrupted", "The server stopped while this was being written.")
    return Result(
        content=answer.content,
        reasoning=answer.reasoning,
        tool_calls=answer.tool_calls,
        status=Message.Status(answer.status),
        finish_reason=answer.finish_reason,
        error=error,
        usage=None,
        prompt=(),
        ttft_seconds=generation.ttft_seconds,
        elapsed_seconds=generation.elapsed_seconds or 0.0,
    )


async def collect(user: User, generation_id: UUID) -> tuple[Started, str, tuple[Event, ...]]:
    """Wait for the end of a generation. Returns its start, the whole answer, and the events that ended it.

    A caller that goes away while waiting cannot come back: the generation is ended then.
    """
    text: list[str] = []
    end: list[Event] = []
    start: Started | None = None
    async with aclosing(await follow(user, generation_id, can_return=False)) as events:
        async for placed in events:
            match placed and placed[1]:
                case Started() as event:
                    start = event
                case TextDelta(content):
                    text.append(content)
                case None | ReasoningDelta() | ToolCallDelta():
                    pass
                case event:
                    end.append(event)
    if start is None:
        raise ChatError("unknown", "The generation ended before it began.")
    return start, "".join(text), tuple(end)
