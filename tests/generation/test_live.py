"""A generation outlives whoever asked for it, for as long as it may, and always says how it ended."""

import asyncio
import os
import socket
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import database, runtime
from chat.errors import ChatError
from chat.events import Done, Event, Failed, Reclassified, Started, Status, TextDelta, Title
from chat.generation import control, live
from chat.generation.entry import UNREADABLE, Entry, to_journal
from chat.generation.journal import Journal
from chat.generation.live import LiveGeneration
from chat.generation.recovery import recover
from chat.generation.retry_policy import Policy
from chat.generation.spec import GenerationSpec, Limits
from chat.generation.start import started
from chat.generation.stream import find
from chat.generation.wal import WriteAheadLog
from chat.models import ApiKey, ChatModel, Conversation, Generation, JournalEntry, Message, Provider, UsageRecord
from chat.providers.base import CompletionRequest
from chat.usage.ledger import Account
from tests.generation.following import follow
from tests.generation.scripted import DONE, HANG, REQUEST, Scripted

pytestmark = pytest.mark.django_db(transaction=True)

LIMITS = Limits(grace=60, total_seconds=60, policy=Policy(max_retries=0, max_continuations=0, idle_seconds=30))


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def generation(alice: User) -> Generation:
    """An answer that is about to be written."""
    provider = Provider.objects.create(name="openai")
    model = ChatModel.objects.create(name="model", upstream_name="model", provider=provider)
    conversation = Conversation.objects.create(owner=alice, title="Why?")
    question = conversation.messages.create(role="user", content="Why?")
    answer = conversation.messages.create(role="assistant", parent=question, status="streaming", model="model")
    return Generation.objects.create(owner=alice, message=answer, model=model, heartbeat_at=timezone.now())


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert not control.running().by_id
    assert not control.running().starting


def begin(row: Generation, source: Scripted, request: CompletionRequest = REQUEST, **limits: Any) -> LiveGeneration:
    async def connect() -> Scripted:
        return source

    return live.start(
        GenerationSpec(Account.of(row), started(row), request, connect, title=None, limits=replace(LIMITS, **limits))
    )


async def all_of(events: AsyncGenerator[Any, None]) -> list[Event]:
    async with aclosing(events):
        return [placed[1] async for placed in events if placed is not None]


def text_of(events: list[Event]) -> str:
    return "".join(event.content for event in events if isinstance(event, TextDelta))


async def stored(row: Generation) -> Message:
    return await database.run(lambda: Message.objects.select_related("generation").get(pk=row.message_id))


async def until_said(generation: LiveGeneration, text: str) -> None:
    while generation.log.content != text:
        await asyncio.sleep(0.005)


async def test_every_follower_sees_the_same(generation: Generation) -> None:
    running = begin(generation, Scripted(["one ", "two ", "three", *DONE]))
    followers = await asyncio.gather(*(all_of(follow(running)) for _ in range(3)))
    assert {text_of(events) for events in followers} == {"one two three"}
    assert all(isinstance(events[0], Started) and isinstance(events[-1], Done) for events in followers)


async def test_nobody_needs_to_follow(generation: Generation) -> None:
    running = begin(generation, Scripted(["unheard", *DONE]))
    assert running.task is not None
    await running.task
    assert (await stored(generation)).content == "unheard"


@pytest.mark.parametrize("can_return", [True, False])
async def test_the_grace_begins_when_the_last_follower_leaves(generation: Generation, can_return: bool) -> None:
    source = Scripted(["half ", HANG])
    running = begin(generation, source, grace=0.1 if can_return else 60)
    async with aclosing(follow(running, can_return=can_return)) as events:
        assert isinstance((await anext(events))[1], Started)  # type: ignore[index]
        await until_said(running, "half ")
        await asyncio.sleep(0.3)
        assert source.closed == 0
    assert running.task is not None
    await asyncio.wait_for(running.task, 5)
    message = await stored(generation)
    assert (message.content, message.finish_reason) == ("half ", "disconnected")
    assert source.closed == 1


async def test_a_follower_who_returns_in_time_keeps_it_going(generation: Generation) -> None:
    running = begin(generation, Scripted(["half ", HANG]), grace=0.3)
    for _ in range(4):
        async with aclosing(follow(running)) as events:
            await anext(events)
            await asyncio.sleep(0.15)
        await asyncio.sleep(0.1)
    assert not running.tail
    running.stop()
    assert running.task is not None
    await running.task


async def test_for_ever_means_to_the_end(generation: Generation) -> None:
    source = Scripted(["half ", HANG])
    running = begin(generation, source, grace=None)
    async with aclosing(follow(running)) as events:
        await anext(events)
    await asyncio.sleep(0.3)
    assert source.closed == 0
    running.stop()
    assert running.task is not None
    await running.task


async def test_the_whole_may_take_only_so_long(generation: Generation) -> None:
    events = await all_of(follow(begin(generation, Scripted(["half ", HANG]), total_seconds=0.2)))
    assert isinstance(events[-1], Failed)
    assert (events[-1].error_type, text_of(events)) == ("timeout", "half ")
    assert (await stored(generation)).status == "interrupted"


async def test_a_part_word_goes_out_by_itself(generation: Generation) -> None:
    running = begin(generation, Scripted(["half a wo", HANG]))
    await asyncio.wait_for(until_said(running, "half a wo"), 5)
    running.stop()
    assert text_of(await all_of(follow(running))) == "half a wo"


async def test_a_mistake_of_ours_is_an_error_and_no_traceback(generation: Generation) -> None:
    running = begin(generation, Scripted(["half ", ValueError("ours"), *DONE]))
    events = await all_of(follow(running))
    assert isinstance(events[-1], Failed)
    assert events[-1].error_type == "unknown"


@pytest.mark.parametrize(("text", "is_valid"), [('{"a": 1}', True), ('{"a": ', False)])
async def test_structured_output_is_parsed_or_refused_and_kept(
    generation: Generation, text: str, is_valid: bool
) -> None:
    request = replace(REQUEST, response_format={"type": "json_object"})
    events = await all_of(follow(begin(generation, Scripted([text, *DONE]), request)))
    assert (await stored(generation)).content == text
    if is_valid:
        assert isinstance(events[-1], Done)
        assert events[-1].parsed == {"a": 1}
    else:
        assert isinstance(events[-1], Failed)
        assert "not valid JSON" in events[-1].message


async def test_a_drain_ends_everything_and_keeps_what_was_said(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = begin(generation, Scripted(["half ", HANG]))
    await until_said(running, "half ")
    await asyncio.wait_for(control.running().drain(), 5)
    message = await stored(generation)
    assert (message.status, message.content) == ("interrupted", "half ")
    with pytest.raises(ChatError), control.running().begin():
        pass


async def test_the_journal_has_it_within_moments_and_forgets_it_at_the_end(generation: Generation) -> None:
    running = begin(generation, Scripted(["one ", "two ", HANG]))

    def journaled() -> str:
        entries = JournalEntry.objects.filter(generation=generation).order_by("sequence")
        return "".join(said["content"] for entry in entries for said in entry.events)

    async with asyncio.timeout(5):
        while await database.run(journaled) != "one two ":
            await asyncio.sleep(0.05)
    running.stop()
    await all_of(follow(running))
    assert await database.run(JournalEntry.objects.count) == 0


async def test_a_stop_asked_for_in_the_database_is_obeyed(generation: Generation) -> None:
    running = begin(generation, Scripted(["half ", HANG]))
    await database.run(lambda: Generation.objects.update(stop_requested_at=timezone.now()))
    events = await asyncio.wait_for(all_of(follow(running)), 5)
    assert isinstance(events[-1], Done)
    assert events[-1].finish_reason == "stopped"


@pytest.mark.parametrize("what", ["user", "key"])
async def test_who_may_not_be_here_any_more_is_cut_off(generation: Generation, alice: User, what: str) -> None:
    if what == "key":
        generation.api_key, _ = await database.run(ApiKey.issue, alice, "k")
    running = begin(generation, Scripted(["half ", HANG]))
    await until_said(running, "half ")
    if what == "user":
        await database.run(lambda: User.objects.update(is_active=False))
    else:
        await database.run(lambda: ApiKey.objects.update(revoked_at=timezone.now()))
    events = await asyncio.wait_for(all_of(follow(running)), 5)
    assert isinstance(events[-1], Failed)
    assert (events[-1].error_type, events[-1].retryable) == ("interrupted", False)


async def test_what_another_process_writes_is_followed_from_its_journal(generation: Generation, alice: User) -> None:
    running = begin(generation, Scripted(["one ", "two ", HANG]))
    await until_said(running, "one two ")
    # Out of sight, as if another process had it.
    control.running().by_id.pop(generation.pk)
    follower = asyncio.create_task(all_of(follow(await find(alice, generation.pk), 4)))
    await asyncio.sleep(0.6)
    running.stop()
    events = await asyncio.wait_for(follower, 5)
    assert text_of(events) == "two "
    assert isinstance(events[-1], Done)
    assert any(isinstance(event, Title) for event in events)


async def test_what_a_dead_process_left_becomes_an_interrupted_message(generation: Generation, alice: User) -> None:
    def leave_behind() -> UUID:
        generation.heartbeat_at = timezone.now() - timedelta(seconds=11)
        generation.save()
        for sequence, text in enumerate(["one ", "two"]):
            generation.journal.create(sequence=sequence, events=[{"type": "token", "content": text}])
        return generation.pk

    await database.run(leave_behind)
    assert await database.run(recover) == 1
    assert await database.run(recover) == 0
    message = await stored(generation)
    assert (message.status, message.content) == ("interrupted", "one two")
    assert message.generation.error_type == "interrupted"
    record = await database.run(UsageRecord.objects.get)
    assert (record.source, record.username) == ("estimated", "alice")
    assert record.completion_tokens == 2
    events = await all_of(follow(await find(alice, generation.pk)))
    assert text_of(events) == "one two"
    assert isinstance(events[-1], Failed)


async def test_what_a_dead_process_had_told_last_holds_though_the_journal_does_not_have_it(
    generation: Generation,
) -> None:
    said: list[Entry] = [TextDelta("Hm."), Status(UNREADABLE, attempt=0), Reclassified()]

    def leave_behind() -> None:
        generation.heartbeat_at = timezone.now() - timedelta(seconds=11)
        generation.save()
        generation.journal.create(sequence=0, events=to_journal(said[:1]))
        file = WriteAheadLog(generation.pk)
        for entry in said:
            file.write(entry)
        file.close()

    await database.run(leave_behind)
    assert await database.run(recover) == 1
    message = await stored(generation)
    assert (message.reasoning, message.content) == ("Hm.", "")
    assert message.generation.has_gaps


async def test_a_living_process_is_left_alone_and_what_it_writes_is_not_even_read(generation: Generation) -> None:
    def look() -> str:
        with CaptureQueriesContext(connection) as queries:
            assert recover() == 0
        return "".join(query["sql"] for query in queries)

    # Of hundreds of answers each would be read, with its question and conversation, every few seconds.
    assert '"content"' not in await database.run(look)


def another_worker() -> str:
    """Return what a worker is called that is another process, and there."""
    parent = os.getppid()
    started = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[19]
    return f"{socket.gethostname()} {parent} {started}"


@pytest.mark.parametrize(("silent", "finished"), [(11, 0), (61, 1)])
async def test_a_silent_process_that_is_seen_to_live_has_more_time(
    generation: Generation, silent: int, finished: int
) -> None:
    generation.worker = another_worker()
    generation.heartbeat_at = timezone.now() - timedelta(seconds=silent)
    await database.run(generation.save)
    assert await database.run(recover) == finished


async def test_who_joins_while_the_journal_is_written_is_not_taken_for_deleted(
    generation: Generation, alice: User
) -> None:
    def another() -> Generation:
        question = generation.message.conversation.messages.create(role="user", content="And?")
        answer = question.conversation.messages.create(role="assistant", parent=question, status="streaming")
        return Generation.objects.create(owner=alice, message=answer, model=generation.model)

    second_row = await database.run(another)
    first = begin(generation, Scripted(["half ", HANG]))
    flush = asyncio.create_task(runtime.part(Journal)._flush())
    await asyncio.sleep(0)
    source = Scripted(["half ", HANG])
    second = begin(second_row, source)
    await flush
    await asyncio.sleep(0.05)
    assert source.closed == 0
    for running in (first, second):
        running.stop()
        await all_of(follow(running))


async def test_what_is_said_is_written_while_a_crowd_waits_for_the_database(generation: Generation) -> None:
    def is_written() -> bool:
        try:
            return JournalEntry.objects.filter(generation=generation).exists()
        finally:
            connection.close()

    crowd_goes = threading.Event()
    crowd = [asyncio.create_task(database.run(crowd_goes.wait)) for _ in range(2 * database.THREADS)]
    running = begin(generation, Scripted(["words ", HANG]))
    try:
        async with asyncio.timeout(5):
            while not await asyncio.to_thread(is_written):
                pass
    finally:
        crowd_goes.set()
        await asyncio.gather(*crowd)
        running.stop()
        assert running.task is not None
        await running.task
