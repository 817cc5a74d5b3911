"""An answer by a model with a price, and results of it, for tests of the ledger."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from chat.errors import ChatError
from chat.events import Charge, Usage
from chat.generation.settlement import Result, settle
from chat.models import ChatModel, Conversation, Generation, Message, Provider, UsageRecord
from chat.usage.ledger import Account
from chat.usage.token_counts import Spent

OPENAI = "https://api.openai.com/v1"
ANTHROPIC = "https://api.anthropic.com"
AZURE = "https://here.openai.azure.com/openai/v1"
GROQ = "https://api.groq.com/openai/v1"
MILLION = 10**6
NOVEMBER, BEFORE = datetime(2026, 11, 28, 12, tzinfo=UTC), datetime(2026, 10, 1, 12, tzinfo=UTC)
SPENT = Spent(
    prompt=("A question of some length",),
    said="Hm.The answer.",
    usage=Usage(prompt_tokens=1000, cached_tokens=400, completion_tokens=50, reasoning_tokens=7),
    finish_reason="stop",
    error=None,
    ttft_seconds=0.5,
    elapsed_seconds=2.5,
)


RESULT = Result(
    content="The answer.",
    reasoning="Hm.",
    tool_calls=[],
    outline=[],
    status=Message.Status.COMPLETE,
    finish_reason="stop",
    error=None,
    attempts=(SPENT,),
    ttft_seconds=0.5,
    elapsed_seconds=2.5,
)


def failed(error: ChatError) -> Result:
    """A result without a word."""
    spent = replace(SPENT, said="", usage=None, finish_reason="", error=error)
    return replace(
        RESULT, content="", reasoning="", status=Message.Status.FAILED, finish_reason="", error=error, attempts=(spent,)
    )


def with_usage(usage: Usage | None, **more: Any) -> Result:
    return replace(RESULT, attempts=(replace(SPENT, usage=usage),), **more)


@pytest.fixture
def account() -> Account:
    """An answer that is being written, by a model at 2.50 / 1.25 / 10.00 USD per million tokens."""
    user = User.objects.create_user("alice")
    provider = Provider.objects.create(name="openai")
    model = ChatModel.objects.create(name="gpt-4o", upstream_name="gpt-4o", provider=provider)
    model.prices.create(
        valid_from=BEFORE,
        input_per_million=Decimal("2.5"),
        cached_input_per_million=Decimal("1.25"),
        output_per_million=Decimal(10),
    )
    conversation = Conversation.objects.create(owner=user)
    question = conversation.messages.create(role="user", content="A question of some length")
    answer = conversation.messages.create(role="assistant", parent=question, status="streaming")
    generation = Generation.objects.create(owner=user, message=answer, model=model)
    return Account(
        user_id=user.pk,
        username="alice",
        api_key_id=None,
        api_key_name="",
        conversation_id=conversation.pk,
        message_id=answer.pk,
        generation_id=generation.pk,
        model_id=model.pk,
        model="gpt-4o",
        provider="openai",
    )


def message_of(account: Account) -> Message:
    return Message.objects.get(pk=account.message_id)


def record_of(account: Account) -> UsageRecord:
    return UsageRecord.objects.get(generation_id=account.generation_id)


def served_by(account: Account, name: str, address: str = OPENAI) -> Account:
    """The account of an answer by a model that has no price yet."""
    provider, _ = Provider.objects.get_or_create(name="vendor", base_url=address)
    model = ChatModel.objects.create(name=name, upstream_name=name, provider=provider)
    return replace(account, model_id=model.pk, model=name, provider="vendor", generation_id=uuid4())


def asked(usage: Usage, at: datetime = NOVEMBER, **more: Any) -> Result:
    return replace(RESULT, attempts=(replace(SPENT, usage=usage, asked_at=at, **more),))


def charged(account: Account, usage: Usage, at: datetime = NOVEMBER) -> Charge:
    charge = settle(replace(account, generation_id=uuid4()), asked(usage, at))
    assert charge is not None
    return charge
