"""What an answer was granted: more while there is some, the end when there is none, all of it back after it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat import database, runtime
from chat.budgets.demand import LONGEST_REQUEST, Demand, SmallLimitModels
from chat.budgets.reservation import BudgetReservation, reserve_answer
from chat.errors import ChatError
from chat.events import Done, Event, Failed, Finished, Upstream, Usage
from chat.generation import control, live
from chat.generation.live import LiveGeneration
from chat.generation.retry_policy import Policy
from chat.generation.spec import GenerationSpec, Limits
from chat.generation.start import started
from chat.models import Budget, ChatModel, Conversation, Generation, Message, Provider, Reservation, UsageRecord
from chat.providers.base import CompletionRequest, Sink, Turn, unheeded
from chat.usage.ledger import Account
from tests.generation.following import follow
from tests.generation.scripted import DONE, HANG, Scripted

pytestmark = pytest.mark.django_db(transaction=True)

# Both are what they are estimated to be: the prompt 10 tokens, each piece of the answer 10.
PROMPT = CompletionRequest("model", (Turn("user", "Tell why"),), max_tokens=50)
PIECE = "it is to be and it is to go on "
PROMPT_TOKENS, PIECE_TOKENS = 10, 10


class Unhurried(Scripted):
    """Says nothing more while a budget is being asked, as a model that is slower than a database."""

    async def stream(self, request: CompletionRequest, sink: Sink, sent: Callable[[], None] = unheeded) -> None:
        async def answered() -> None:
            for running in list(control.running().by_id.values()):
                assert isinstance(running, LiveGeneration)
                while running._limit is not None and running._limit._asking is not None:
                    await asyncio.sleep(0.001)

        def slow(event: Upstream) -> Awaitable[None]:
            assert sink(event) is None
            return answered()

        await super().stream(request, slow, sent)


THOUGHTS = 50_000


def think(request: CompletionRequest) -> list[Upstream]:
    """Think as long as the request may take, or for very long, and show nothing of it."""
    took = min(request.max_tokens or THOUGHTS, THOUGHTS)
    return [Usage(PROMPT_TOKENS, None, took, took), Finished("length" if took == request.max_tokens else "stop")]


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert not control.running().by_id


@pytest.fixture
def generation() -> Generation:
    """An answer that is about to be written."""
    alice = User.objects.create_user("alice")
    provider = Provider.objects.create(name="openai")
    model = ChatModel.objects.create(name="model", upstream_name="model", provider=provider)
    model.prices.create(input_per_million=Decimal(1), output_per_million=Decimal(1))
    conversation = Conversation.objects.create(owner=alice)
    question = conversation.messages.create(role="user", content="Why?")
    answer = conversation.messages.create(role="assistant", parent=question, status="streaming", model="model")
    return Generation.objects.create(owner=alice, message=answer, model=model, heartbeat_at=timezone.now())


def limited_to(amount: Decimal | int, **more: Any) -> Budget:
    return Budget.objects.create(**{"scope": "site", "unit": "tokens", "amount": amount, "hard": True, **more})


async def answer(row: Generation, source: Scripted, request: CompletionRequest = PROMPT, **policy: Any) -> list[Event]:
    """Set aside what it may take, write it, and return all that a follower is told."""

    async def connect() -> Scripted:
        return source

    account = Account.of(row)
    granted = await database.run(reserve_answer, account, request, timezone.now())
    limits = Limits(60, 60, Policy(**{"max_retries": 0, "max_continuations": 0, "idle_seconds": 30, **policy}))
    running = live.start(
        GenerationSpec(account, started(row), request, connect, title=None, limits=limits, reservation=granted)
    )
    return await told(follow(running))


async def told(follower: AsyncGenerator[Any, None]) -> list[Event]:
    async with aclosing(follower):
        return [placed[1] async for placed in follower if placed is not None]


def left_over() -> tuple[int, int]:
    """What the only budget has counted, and how many answers hold some of it back."""
    return Budget.objects.get().used, Reservation.objects.count()


async def stored(row: Generation) -> Message:
    return await database.run(Message.objects.get, pk=row.message_id)


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


async def test_an_answer_without_a_limit_of_its_own_sets_aside_what_answers_take(generation: Generation) -> None:
    await database.run(limited_to, 100_000)
    open_ended = CompletionRequest("model", PROMPT.turns)
    await database.run(reserve_answer, Account.of(generation), open_ended, timezone.now())
    assert await database.run(Reservation.objects.values_list("amount", flat=True).get) == (
        PROMPT_TOKENS + LONGEST_REQUEST
    )


OPEN = CompletionRequest("model", PROMPT.turns)


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
    from chat.usage.pricing import Rates, UnitPrice

    price = UnitPrice(Rates(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75")), "USD")
    budget = Budget(scope="site", unit="USD", amount=1)
    assert Demand(1, 1, price).per_token(budget) == (3_750_000, 15_000_000)
    assert BudgetReservation(1, 100_000_000, 100_000_000, 3_750_000, 15_000_000).answer_tokens(10) == 4
