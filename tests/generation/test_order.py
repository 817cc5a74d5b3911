"""What is heard was written before, and a position names one place, also where a continuation repeated something."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat import database
from chat.events import ReasoningDelta, Status, TextDelta, ToolCallDelta, Upstream, Usage
from chat.generation import control, live, wal
from chat.generation.entry import Entry, PictureText, from_journal, to_journal
from chat.generation.journal import START
from chat.generation.live import LiveGeneration
from chat.generation.log import GenerationLog
from chat.generation.recovery import recover
from chat.generation.retry_policy import Policy
from chat.generation.spec import GenerationSpec, Limits
from chat.generation.start import started
from chat.models import ChatModel, Conversation, Generation, JournalEntry, Message, Provider, UsageRecord
from chat.providers.base import CompletionRequest, Sink, push, unheeded
from chat.usage.ledger import Account
from tests.generation.following import follow
from tests.generation.scripted import DONE, HANG, REQUEST, Scripted
from tests.generation.test_completion_run import passing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def generation() -> Generation:
    """An answer that is about to be written."""
    alice = User.objects.create_user("alice")
    model = ChatModel.objects.create(name="m", upstream_name="m", provider=Provider.objects.create(name="openai"))
    conversation = Conversation.objects.create(owner=alice, title="Why?")
    question = conversation.messages.create(role="user", content="Why?")
    answer = conversation.messages.create(role="assistant", parent=question, status="streaming", model="m")
    return Generation.objects.create(owner=alice, message=answer, model=model, heartbeat_at=timezone.now())


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert not control.running().by_id


def begin(row: Generation, source: Scripted, **limits: Any) -> LiveGeneration:
    async def connect() -> Scripted:
        return source

    policy = Policy(max_retries=1, max_continuations=1, idle_seconds=limits.pop("idle", 30))
    spec = GenerationSpec(
        Account.of(row), started(row), REQUEST, connect, title=None, limits=Limits(60, 60, policy, **limits)
    )
    return live.start(spec)


async def ended(running: LiveGeneration) -> None:
    assert running.task is not None
    await asyncio.wait_for(running.task, 10)


def heard(log: GenerationLog, position: int) -> tuple[str, str, list[dict[str, Any]]]:
    """Return what follows a position: text, thoughts and calls."""
    rest = GenerationLog(entry for _, entry in log.since(position).read())
    return rest.content, rest.reasoning, rest.tool_calls


PARTIAL = "Once there was a river that kept its own time"


async def test_positions_are_the_same_everywhere_over_a_continuation_whose_overlap_was_cut(
    generation: Generation,
) -> None:
    again: list[object] = [
        "that kept ",
        "its own ",
        "time",
        " and the ",
        "town learned it.",
        ToolCallDelta(0, "c", "f", "{}"),
        *DONE,
    ]
    source = Scripted([ReasoningDelta("Hm."), PARTIAL, passing()], again)
    running = begin(generation, source)
    following = follow(running)
    placed = [each async for each in following if each is not None]
    await ended(running)
    log = running.log
    assert log.content == f"{PARTIAL} and the town learned it."
    message = await database.run(lambda: Message.objects.select_related("generation").get(pk=generation.message_id))
    stored = GenerationLog.stored(message.content, message.reasoning, message.tool_calls, message.generation.outline)
    journal = GenerationLog(from_journal(log.to_journal(START)[0]))
    for cut in range(log.position + 1):
        assert heard(log, cut) == heard(journal, cut) == heard(stored, cut), cut
    # Each event ends where its position says.
    whole = "".join(event.content for _, event in placed if isinstance(event, TextDelta | ReasoningDelta))
    for position, event in placed:
        if isinstance(event, TextDelta):
            assert whole[:position].endswith(event.content)
    # What was cut is no part of the answer, but of what the second request said.
    assert [attempt.said.content for attempt in log.attempts] == [
        PARTIAL,
        "that kept its own time and the town learned it.",
    ]
    assert log.attempts[1].repeated == "that kept its own time"


async def test_nothing_is_heard_that_is_not_in_the_file(generation: Generation) -> None:
    running = begin(generation, Scripted(["one ", ReasoningDelta("Hm."), "two ", "three ", HANG]))
    count = 0
    async for placed in follow(running):
        if placed is None or not isinstance(placed[1], TextDelta | ReasoningDelta):
            continue
        in_file = GenerationLog(from_journal(wal.read(generation.pk)))
        assert in_file.position >= placed[0]
        assert in_file.everything[: placed[0]].endswith(placed[1].content)
        count += 1
        if in_file.everything.endswith("three "):
            break
    assert count
    running.stop()
    await ended(running)


def test_an_entry_goes_to_the_file_then_to_memory_and_then_wakes() -> None:
    order: list[object] = []
    log = GenerationLog(
        write=lambda entry: order.append(("file", entry, log.position)),
        wake=lambda: order.append(("wake", log.position)),
    )
    log.append(TextDelta("ab"))
    log.mark()
    assert order == [("file", TextDelta("ab"), 0), ("wake", 2), ("file", None, 2)]


def test_what_cannot_be_written_is_not_heard() -> None:
    def full(entry: Entry | None) -> None:
        raise OSError("full")

    log = GenerationLog(write=full)
    with pytest.raises(OSError, match="full"):
        log.append(TextDelta("ab"))
    assert (len(log), log.position) == (0, 0)


async def test_pings_are_no_words_and_words_are_no_silence(generation: Generation) -> None:
    class Pinging(Scripted):
        async def stream(self, request: CompletionRequest, sink: Sink, sent: Any = unheeded) -> None:
            sent()
            await push((TextDelta("half "),), sink)
            for count in range(100):
                await asyncio.sleep(0.02)
                await push((Usage(completion_tokens=count),), sink)

    running = begin(generation, Pinging(), idle=0.1)
    async with asyncio.timeout(5):
        events = [each[1] async for each in follow(running) if each is not None]
    await ended(running)
    assert any(isinstance(event, Status) and "Continuing" in event.message for event in events)
    assert running.log.content == "half half "


async def test_what_came_after_stop_is_billed_and_not_shown(generation: Generation) -> None:
    def more(request: CompletionRequest) -> list[Upstream]:
        running.stop()
        return []

    said: list[object] = ["one ", more, *["unheard "] * 3, HANG]
    running = begin(generation, Scripted(said), drain_seconds=0.5, drain_pieces=100)
    await ended(running)
    assert running.log.content == "one "
    (attempt,) = running.log.attempts
    assert attempt.said.content == "one " + "unheard " * 3
    record = await database.run(UsageRecord.objects.get)
    assert record.completion_tokens is not None
    assert record.completion_tokens > 1


def test_a_picture_is_text_of_the_answer_and_no_words_of_the_model() -> None:
    log = GenerationLog([TextDelta("Look: "), PictureText("![picture](/api/files/1)"), TextDelta(" It is.")])
    assert log.content == "Look: ![picture](/api/files/1) It is."
    (value,) = to_journal([PictureText("x")])
    assert value == {"type": "token", "content": "x"}


def test_the_journal_tells_requests_apart_however_it_is_cut() -> None:
    log = GenerationLog()
    place = START
    values: list[Any] = []
    for number in range(3):
        log.append(TextDelta("a"))
        log.append(TextDelta("b"))
        if number == 1:
            new, place = log.to_journal(place)
            values += new
        log.mark()
    new, place = log.to_journal(place)
    values += new
    assert [value and value["content"] for value in values] == ["ab", None, "ab", None, "ab", None]
    assert log.to_journal(place) == ([], place)


async def test_a_journal_and_a_file_of_an_older_version_are_read(generation: Generation) -> None:
    """A null ended a page of the journal where another request followed, and stood on a line of the file."""

    def leave_behind() -> None:
        generation.heartbeat_at = timezone.now() - timedelta(seconds=11)
        generation.save()
        status = {"type": "status", "message": "The answer broke off.", "attempt": 2}
        first = [{"type": "token", "content": "one "}, status, None]
        generation.journal.create(sequence=0, events=first)
        generation.journal.create(sequence=1, events=[{"type": "token", "content": "two"}])

    await database.run(leave_behind)
    assert await database.run(recover) == 1
    message = await database.run(lambda: Message.objects.get(pk=generation.message_id))
    assert message.content == "one two"
    assert await database.run(UsageRecord.objects.count) == 2
    assert await database.run(JournalEntry.objects.count) == 0
