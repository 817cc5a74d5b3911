"""What an answer was granted: more while there is some, the end when there is none, all of it back after it."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from chat import database
from chat.errors import ChatError
from chat.events import Done, Failed, Usage
from chat.generation import control, live
from chat.models import Budget, Generation, Reservation, UsageRecord
from chat.providers.base import CompletionRequest
from tests.budgets.answer import (
    PIECE,
    PIECE_TOKENS,
    PROMPT,
    PROMPT_TOKENS,
    Unhurried,
    answer,
    left_over,
    limited_to,
    stored,
)
from tests.generation.scripted import DONE, HANG, Scripted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert not control.running().by_id


async def test_an_answer_within_its_grant_asks_for_nothing(generation: Generation) -> None:
    await database.run(limited_to, 1000)
    events = await answer(generation, Scripted([*[PIECE] * 4, Usage(9, None, 38), DONE[1]]))
    assert isinstance(events[-1], Done)
    assert await database.run(left_over) == (47, 0)


async def test_an_answer_that_outgrows_its_grant_is_given_more(generation: Generation) -> None:
    await database.run(limited_to, 2000)
    events = await answer(generation, Scripted([*[PIECE] * 100, Usage(10, None, 1000), DONE[1]]))
    assert isinstance(events[-1], Done)
    assert await database.run(left_over) == (1010, 0)


@pytest.mark.parametrize("unit", ["tokens", "USD"])
async def test_the_end_of_a_hard_budget_ends_the_answer_and_keeps_the_partial(
    unit: str, generation: Generation
) -> None:
    amount = Decimal(110) if unit == "tokens" else Decimal("0.0002")
    room = 110 if unit == "tokens" else 200
    await database.run(limited_to, amount, unit=unit)
    source = Unhurried([*[PIECE] * 40, HANG])
    events = await answer(generation, source)
    assert isinstance(events[-1], Failed)
    assert (events[-1].error_type, events[-1].retryable) == ("budget", False)
    assert events[-1].message.startswith("The budget of this site for ")
    assert source.closed == 1
    message = await stored(generation)
    assert message.status == "interrupted"
    assert message.content == PIECE * (len(message.content) // len(PIECE))
    record = await database.run(UsageRecord.objects.get)
    assert (record.source, record.error_type) == ("estimated", "budget")
    spent = (record.prompt_tokens or 0) + (record.completion_tokens or 0)
    assert room <= spent <= room + PIECE_TOKENS
    used, held = await database.run(left_over)
    assert (used, held) == (spent if unit == "tokens" else spent * 10**6, 0)


async def test_a_model_that_is_faster_than_the_database_is_held_to_what_it_was_granted(generation: Generation) -> None:
    await database.run(limited_to, PROMPT_TOKENS + 50)
    # All that it says is there before the database can have answered.
    source = Scripted([PIECE * 5, HANG])
    running = asyncio.create_task(answer(generation, source, CompletionRequest("model", PROMPT.turns)))
    events = await running
    assert isinstance(events[-1], Failed)
    assert (events[-1].error_type, (await stored(generation)).content) == ("budget", PIECE * 5)


async def test_a_soft_budget_ends_nothing(generation: Generation) -> None:
    await database.run(limited_to, 20, hard=False)
    events = await answer(generation, Scripted([*[PIECE] * 20, Usage(10, None, 200), DONE[1]]))
    assert isinstance(events[-1], Done)
    assert await database.run(left_over) == (210, 0)


async def test_a_budget_that_is_taken_away_meanwhile_ends_nothing(generation: Generation) -> None:
    await database.run(limited_to, 60)
    source = Scripted([PIECE, HANG])
    running = asyncio.create_task(answer(generation, source))
    while not (found := live.find(generation.pk)) or not found.log.position:
        await asyncio.sleep(0.01)
    await database.run(Budget.objects.all().delete)
    found.stop()
    assert isinstance((await running)[-1], Done)
    assert await database.run(Reservation.objects.count) == 0


@pytest.mark.parametrize("end", ["stopped", "failed", "cut"])
async def test_however_it_ends_all_is_released_and_what_was_used_is_counted(end: str, generation: Generation) -> None:
    await database.run(limited_to, 5000)
    steps: dict[str, list[object]] = {
        "stopped": [PIECE, HANG],
        "failed": [ChatError("rate_limit", "Too many.")],
        "cut": [PIECE, ChatError("interrupted", "Cut.")],
    }
    running = asyncio.create_task(answer(generation, Scripted(steps[end])))
    if end == "stopped":
        while not (found := live.find(generation.pk)) or not found.log.position:
            await asyncio.sleep(0.01)
        assert await database.run(left_over) == (0, 1)
        found.stop()
    await running
    used = 0 if end == "failed" else PROMPT_TOKENS + PIECE_TOKENS
    assert await database.run(left_over) == (used, 0)


async def test_a_further_request_takes_its_prompt_from_the_grant_too(generation: Generation) -> None:
    # Room for both prompts, the partial among them, and a little more.
    await database.run(limited_to, 2 * (PROMPT_TOKENS + PIECE_TOKENS) + 25)
    lost = ChatError("network_error", "The line was lost.")
    events = await answer(generation, Unhurried([PIECE, lost], [*[PIECE] * 40, HANG]), max_continuations=1)
    assert isinstance(events[-1], Failed)
    assert events[-1].error_type == "budget"
    assert (await stored(generation)).content == PIECE * 5
    assert (await database.run(left_over))[1] == 0


async def test_no_further_request_is_made_where_nothing_is_left_for_it(generation: Generation) -> None:
    await database.run(limited_to, PROMPT_TOKENS + PIECE_TOKENS + 5)
    lost = ChatError("network_error", "The line was lost.")
    source = Scripted([PIECE, lost], [PIECE])
    events = await answer(generation, source, max_continuations=1)
    assert isinstance(events[-1], Failed)
    assert (events[-1].error_type, len(source.requests)) == ("budget", 1)
    assert await database.run(left_over) == (PROMPT_TOKENS + PIECE_TOKENS, 0)


async def test_after_a_request_that_was_lost_while_it_thought_there_is_another_only_where_more_is_left(
    generation: Generation, monkeypatch: Any
) -> None:
    monkeypatch.setattr("chat.generation.retry_policy.BASE_SECONDS", 0.0)
    monkeypatch.setattr("chat.generation.retry_policy.JITTER_SECONDS", 0.0)
    await database.run(limited_to, 2 * (PROMPT_TOKENS + 50))
    lost = ChatError("network_error", "The line was lost.")
    source = Scripted([lost], [lost], [PIECE, DONE[1]])
    events = await answer(generation, source, max_retries=3)
    # Each may have thought up to its limit, so two of them may have used up all.
    assert [request.max_tokens for request in source.requests] == [50, 50]
    assert isinstance(events[-1], Failed)
    assert (events[-1].error_type, events[-1].retryable) == ("network_error", True)
    # What they took is estimated; nothing is held back for what nobody knows.
    assert await database.run(left_over) == (2 * PROMPT_TOKENS, 0)


async def test_a_request_that_was_turned_down_took_nothing(generation: Generation, monkeypatch: Any) -> None:
    monkeypatch.setattr("chat.generation.retry_policy.BASE_SECONDS", 0.0)
    monkeypatch.setattr("chat.generation.retry_policy.JITTER_SECONDS", 0.0)
    await database.run(limited_to, PROMPT_TOKENS + 4 * PIECE_TOKENS)
    refused = ChatError("rate_limit", "Too many.")
    events = await answer(
        generation, Scripted([refused], [refused], [PIECE, Usage(10, None, 10), DONE[1]]), max_retries=3
    )
    assert isinstance(events[-1], Done)
    assert await database.run(left_over) == (20, 0)
