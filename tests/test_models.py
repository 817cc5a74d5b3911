"""The database itself refuses what must not be."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from chat.catalog import inventory
from chat.models import (
    ApiKey,
    ChatModel,
    Conversation,
    Generation,
    Message,
    Price,
    Provider,
    SetupToken,
    SitePolicy,
    UsageRecord,
)
from chat.providers.base import ModelFacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows() -> dict[str, Any]:
    """One of each, all well."""
    user = User.objects.create_user("alice")
    provider = Provider.objects.create(name="openai", api_key_variable="OPENAI_API_KEY")
    model = ChatModel.objects.create(name="m", upstream_name="m", provider=provider, is_default=True)
    price = Price.objects.create(model=model, input_per_million=1, output_per_million=2)
    conversation = Conversation.objects.create(owner=user)
    question = Message.objects.create(conversation=conversation, role="user", content="?")
    answer = Message.objects.create(conversation=conversation, role="assistant", parent=question)
    Generation.objects.create(owner=user, message=answer, model=model, request_id="r")
    return {"user": user, "provider": provider, "model": model, "price": price, "answer": answer, "question": question}


def usage(rows: dict[str, Any], **more: Any) -> UsageRecord:
    fields = {
        **{name: uuid4() for name in ("conversation_id", "message_id", "generation_id")},
        **{"user_id": 1, "username": "alice", "provider": "p", "model": "m", "currency": "USD", "elapsed_seconds": 1.0},
        **{"source": "provider", "price": rows["price"]},
    }
    return UsageRecord.objects.create(**{**fields, **more})


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "a role that nobody plays": lambda r: Message.objects.filter(pk=r["answer"].pk).update(role="system"),
    "an unknown status": lambda r: Message.objects.filter(pk=r["answer"].pk).update(status="lost"),
    "an unknown finish reason": lambda r: Message.objects.filter(pk=r["answer"].pk).update(finish_reason="bored"),
    "a message that answers itself": lambda r: Message.objects.filter(pk=r["answer"].pk).update(parent=r["answer"]),
    "a question that is being written": lambda r: Message.objects.filter(role="user").update(status="streaming"),
    "an error of something unfinished": lambda r: Generation.objects.update(error_type="timeout"),
    "two generations for one request": lambda r: Generation.objects.create(
        owner=r["user"],
        request_id="r",
        message=Message.objects.create(conversation=r["answer"].conversation, role="assistant"),
    ),
    "two generations of one message": lambda r: Generation.objects.create(owner=r["user"], message=r["answer"]),
    "an unknown kind of provider": lambda r: Provider.objects.update(kind="magic"),
    "a provider with a key in its row": lambda r: Provider.objects.update(api_key_variable="sk-123"),
    "a provider with an admin key in its row": lambda r: Provider.objects.update(admin_key_variable="sk-123"),
    "an unknown way of caching": lambda r: Provider.objects.update(prompt_caching="some"),
    "two models of one name": lambda r: ChatModel.objects.create(name="m", upstream_name="x", provider=r["provider"]),
    "one model twice": lambda r: ChatModel.objects.create(name="x", upstream_name="m", provider=r["provider"]),
    "two defaults": lambda r: ChatModel.objects.create(
        name="x", upstream_name="x", provider=r["provider"], is_default=True
    ),
    "a model without a name": lambda r: ChatModel.objects.update(name=""),
    "a price below zero": lambda r: Price.objects.create(model=r["model"], input_per_million=1, output_per_million=-1),
    "a price by no hour": lambda r: Price.objects.create(
        model=r["model"], input_per_million=1, output_per_million=1, per_hour=1
    ),
    "a tier below zero": lambda r: r["price"].tiers.create(above_tokens=9, input_per_million=-1, output_per_million=1),
    "a tier twice": lambda r: [
        r["price"].tiers.create(above_tokens=9, input_per_million=1, output_per_million=1) for _ in range(2)
    ],
    "two policies": lambda r: SitePolicy.objects.create(id=2),
    "a cost without a price": lambda r: usage(
        r, price=None, cost=Decimal(1), input_cost=Decimal(1), output_cost=Decimal(0)
    ),
    "a cost that is not its sum": lambda r: usage(
        r, cost=Decimal("0.3"), input_cost=Decimal("0.1"), output_cost=Decimal("0.1")
    ),
    "usage from nowhere": lambda r: usage(r, source="guessed"),
    "tokens below zero": lambda r: usage(r, prompt_tokens=-1),
    "two right ways in": lambda r: SetupToken.objects.create(id=2, hash="x"),
    "two keys of one hash": lambda r: [ApiKey.objects.create(user=r["user"], hash="x") for _ in range(2)],
}


@pytest.mark.parametrize("break_it", BROKEN.values(), ids=list(BROKEN))
def test_the_database_refuses(rows: dict[str, Any], break_it: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(IntegrityError):
        break_it(rows)


def test_a_model_that_has_prices_is_never_deleted(rows: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        rows["model"].delete()


def test_money_adds_up_exactly(rows: dict[str, Any]) -> None:
    from django.db.models import Sum

    for _ in range(3):
        usage(rows, cost=Decimal("0.3"), input_cost=Decimal("0.1"), output_cost=Decimal("0.2"))
    smallest = Decimal("0.000000000001")
    usage(rows, cost=smallest, input_cost=smallest, output_cost=Decimal(0))
    assert UsageRecord.objects.aggregate(total=Sum("cost"))["total"] == Decimal("0.900000000001")
    assert UsageRecord.objects.filter(cost=Decimal("0.3")).count() == 3  # type: ignore[misc]


def test_money_finer_than_it_can_be_kept_is_refused(rows: dict[str, Any]) -> None:
    crumb = Decimal("0.0000000000001")
    with pytest.raises(ValidationError):
        usage(rows, cost=crumb, input_cost=crumb, output_cost=Decimal(0))


@pytest.mark.parametrize(
    "address", ["ftp://a.example", "a.example", "http://", "http://user:pw@a.example/v1", "https://a.example/?key=1"]
)
def test_an_address_with_a_secret_in_it_or_none_at_all_is_refused(rows: dict[str, Any], address: str) -> None:
    rows["provider"].base_url = address
    with pytest.raises(ValidationError):
        rows["provider"].full_clean()


@pytest.mark.parametrize("variable", ["SECRET_KEY", "DATABASE_URL", "openai_api_key", "X_API_KEY\n", "PATH"])
def test_a_provider_can_name_no_other_secret(
    rows: dict[str, Any], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "not for you")
    rows["provider"].api_key_variable = variable
    with pytest.raises(ValidationError):
        rows["provider"].full_clean()
    assert rows["provider"].api_key == ""
    rows["provider"].api_key_variable, rows["provider"].admin_key_variable = "", variable
    with pytest.raises(ValidationError):
        rows["provider"].full_clean()
    assert rows["provider"].admin_key == ""


def test_a_key_is_found_until_it_is_revoked_or_its_user_deactivated(rows: dict[str, Any]) -> None:
    from django.utils import timezone

    row, key = ApiKey.issue(rows["user"], "laptop")
    assert ApiKey.find(key) == row
    assert ApiKey.find(key + "x") is None
    User.objects.update(is_active=False)
    assert ApiKey.find(key) is None
    User.objects.update(is_active=True)
    ApiKey.objects.update(revoked_at=timezone.now())
    assert ApiKey.find(key) is None


def listed(*names: str) -> list[ModelFacts]:
    return [ModelFacts(name) for name in names]


def test_the_plain_name_is_the_first_providers_whoever_answers_first() -> None:
    first, second, third = (Provider.objects.create(name=name) for name in ("zeta", "beta", "alpha"))
    inventory._store(third, listed("shared", "own"))
    inventory._store(second, listed("shared", "used"))
    user = User.objects.create_user("alice")
    Conversation.objects.create(owner=user, model=ChatModel.objects.get(provider=second, upstream_name="used"))
    inventory._store(first, listed("shared", "used"))
    names = {(row.provider.name, row.upstream_name): row.name for row in ChatModel.objects.select_related("provider")}
    assert names == {
        ("zeta", "shared"): "shared",
        ("beta", "shared"): "beta/shared",
        ("alpha", "shared"): "alpha/shared",
        ("alpha", "own"): "own",
        # What somebody has chosen stays as it is called.
        ("beta", "used"): "used",
        ("zeta", "used"): "zeta/used",
    }
    # What an admin or a later list adds takes no name away.
    inventory._store(first, listed("shared", "used", "own"))
    assert ChatModel.objects.get(name="own").provider == third


OWN = [
    ("openai", "https://api.openai.com/v1", True),
    ("openai", "https://eu.api.openai.com/v1", True),
    ("openai", "http://api.openai.com/v1", False),
    ("openai", "https://api.openai.com.example.org/v1", False),
    ("openai", "https://notapi.openai.com/v1", False),
    ("openai", "https://api.anthropic.com", False),
    ("openai", "http://127.0.0.1:8080/v1", False),
    ("openai", "https://[", False),
    ("openai", "", True),
    ("anthropic", "", True),
    ("anthropic", "https://api.anthropic.com", True),
    ("anthropic", "https://gateway.example.org/anthropic", False),
    ("demo", "", False),
]


@pytest.mark.parametrize(("kind", "address", "own"), OWN)
def test_unasked_prompts_are_cached_and_admin_keys_sent_at_the_providers_own_address_only(
    kind: str, address: str, own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{name}_ADMIN_KEY", f"sk-{name}")
    row = Provider(kind=kind, base_url=address)
    assert (row.is_own_address, row.caches_prompts, bool(row.admin_key)) == (own, own, own)
    row.prompt_caching, row.admin_key_variable = Provider.PromptCaching.ON, "OPENAI_ADMIN_KEY"
    assert (row.caches_prompts, row.admin_key) == (True, "sk-OPENAI")
    row.prompt_caching = Provider.PromptCaching.OFF
    assert not row.caches_prompts
