"""An answer that is written within budgets, for tests of its limit."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat import database
from chat.budgets.reservation import reserve_answer
from chat.events import Event, Finished, Upstream, Usage
from chat.generation import control, live
from chat.generation.live import LiveGeneration
from chat.generation.retry_policy import Policy
from chat.generation.spec import GenerationSpec, Limits
from chat.generation.start import started
from chat.models import Budget, ChatModel, Conversation, Generation, Message, Provider, Reservation
from chat.providers.base import CompletionRequest, Sink, Turn, unheeded
from chat.usage.ledger import Account
from tests.generation.following import follow
from tests.generation.scripted import Scripted

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


OPEN = CompletionRequest("model", PROMPT.turns)
