"""What a provider is held to by hard budgets, from one request to the next."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from chat import database, runtime
from chat.budgets.demand import LONGEST_REQUEST, Demand, SmallLimitModels
from chat.budgets.reservation import BudgetReservation, reserve_answer
from chat.errors import ChatError
from chat.events import Done, Failed, Finished, Usage
from chat.generation import control
from chat.models import Budget, Generation, Reservation, UsageRecord
from chat.providers.base import CompletionRequest
from chat.usage.ledger import Account
from tests.budgets.answer import OPEN, PIECE, PROMPT, PROMPT_TOKENS, answer, left_over, limited_to, stored, think
from tests.generation.scripted import DONE, Scripted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert not control.running().by_id


async def test_an_answer_without_a_limit_of_its_own_sets_aside_what_answers_take(generation: Generation) -> None:
    await database.run(limited_to, 100_000)
    open_ended = CompletionRequest("model", PROMPT.turns)
    await database.run(reserve_answer, Account.of(generation), open_ended, timezone.now())
    assert await database.run(Reservation.objects.values_list("amount", flat=True).get) == (
        PROMPT_TOKENS + LONGEST_REQUEST
    )


@pytest.mark.parametrize("said", [[], [PIECE]])
async def test_hidden_thoughts_outgrow_no_hard_budget(said: list[object], generation: Generation) -> None:
    await database.run(limited_to, 1000)
    source = Scripted([*said, think])
    events = await answer(generation, source, OPEN)
    assert [request.max_tokens for request in source.requests] == [1000 - PROMPT_TOKENS]
    assert isinstance(events[-1], Failed)
    assert (events[-1].error_type, events[-1].retryable) == ("budget", False)
    assert "is used up. It is free again on " in events[-1].message
    message = await stored(generation)
    assert (message.content, message.status) == ("".join(map(str, said)), "interrupted" if said else "failed")
    record = await database.run(UsageRecord.objects.get)
    assert (record.source, record.error_type, record.finish_reason) == ("provider", "budget", "")
    assert await database.run(left_over) == (1000, 0)


async def test_who_sets_a_limit_keeps_it(generation: Generation) -> None:
    await database.run(limited_to, 1000)
    source = Scripted([PIECE, think])
    events = await answer(generation, source, PROMPT)
    assert isinstance(events[-1], Done)
    assert (events[-1].finish_reason, [request.max_tokens for request in source.requests]) == ("length", [50])


async def test_without_a_hard_budget_the_provider_is_held_to_nothing(generation: Generation) -> None:
    await database.run(limited_to, 10, hard=False)
    source = Scripted([PIECE, think])
    assert isinstance((await answer(generation, source, OPEN))[-1], Done)
    assert source.requests[0].max_tokens is None


async def test_an_answer_at_its_limit_goes_on_where_there_is_more(generation: Generation) -> None:
    await database.run(limited_to, 100_000)
    at_limit = (Usage(PROMPT_TOKENS, None, LONGEST_REQUEST), Finished("length"))
    source = Scripted([PIECE, *at_limit], ["the end of it", Usage(30, None, 4), DONE[1]])
    events = await answer(generation, source, OPEN)
    assert isinstance(events[-1], Done)
    assert events[-1].finish_reason == "stop"
    assert (await stored(generation)).content == PIECE + "the end of it"
    assert source.requests[1].turns[-2].content == PIECE
    assert await database.run(left_over) == (PROMPT_TOKENS + LONGEST_REQUEST + 34, 0)


async def test_a_model_that_can_say_no_more_is_not_asked_for_more(generation: Generation) -> None:
    await database.run(limited_to, 100_000)
    source = Scripted([PIECE, Usage(PROMPT_TOKENS, None, 10), Finished("length")])
    events = await answer(generation, source, OPEN)
    assert isinstance(events[-1], Done)
    assert events[-1].finish_reason == "length"


@pytest.mark.parametrize(
    "refusal",
    [
        ChatError("api_error", "The provider refused it. It said: max_tokens is too large: 16384.", retryable=False),
        ChatError("context_length", "The conversation is too long for this model."),
    ],
)
async def test_a_server_that_refuses_so_long_a_limit_is_asked_with_a_shorter_one(
    refusal: ChatError, generation: Generation, monkeypatch: Any
) -> None:
    monkeypatch.setattr(runtime.part(SmallLimitModels), "names", set())
    await database.run(limited_to, 100_000)
    source = Scripted([refusal], [PIECE, Usage(10, None, 10), DONE[1]])
    events = await answer(generation, source, OPEN)
    assert isinstance(events[-1], Done)
    assert [request.max_tokens for request in source.requests] == [LONGEST_REQUEST, 2048]
    assert await database.run(left_over) == (20, 0)


def test_tokens_of_a_prompt_that_is_kept_in_a_cache_may_cost_most() -> None:
    from chat.usage.cost import Rates, UnitPrice

    price = UnitPrice(Rates(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75")), "USD")
    budget = Budget(scope="site", unit="USD", amount=1)
    assert Demand(1, 1, price).per_token(budget) == (3_750_000, 15_000_000)
    assert BudgetReservation(1, 100_000_000, 100_000_000, 3_750_000, 15_000_000).answer_tokens(10) == 4
