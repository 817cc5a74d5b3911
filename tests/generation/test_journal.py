"""What is said is in the journal within moments: for other processes, and for what comes after a dead one."""

import asyncio
import os
import socket
import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import database, runtime
from chat.events import Done, Failed, Reclassified, Status, TextDelta, Title
from chat.generation import control
from chat.generation.entry import UNREADABLE, Entry, to_journal
from chat.generation.journal import Journal
from chat.generation.recovery import recover
from chat.generation.stream import find
from chat.generation.wal import WriteAheadLog
from chat.models import Generation, JournalEntry, UsageRecord
from tests.generation.following import follow
from tests.generation.living import all_of, begin, stored, text_of, until_said
from tests.generation.scripted import HANG, Scripted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_nothing_is_left")]


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
