"""Rows of the ledger, for tests that read it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from chat.models import ChatModel, Price, Provider, UsageRecord
from chat.usage import totals


def priced_model(name: str = "gpt-4o", provider: str = "openai", currency: str = "USD") -> tuple[ChatModel, Price]:
    """A model at 1 per million tokens of either kind."""
    row, _ = Provider.objects.get_or_create(name=provider)
    model = ChatModel.objects.create(name=name, upstream_name=name, provider=row)
    one = Decimal(1)
    price = Price.objects.create(model=model, input_per_million=one, output_per_million=one, currency=currency)
    return model, price


def record(at: datetime, price: Price | None, **values: Any) -> UsageRecord:
    """A request at that moment: 1000 tokens in and 500 out unless told otherwise, at `price`."""
    tokens = {"prompt_tokens": 1000, "completion_tokens": 500} | {
        name: values.pop(name) for name in ("prompt_tokens", "completion_tokens") if name in values
    }
    counted = price is not None and None not in tokens.values()
    costs = {
        "input_cost": Decimal(tokens["prompt_tokens"] or 0).scaleb(-6) if counted else None,
        "output_cost": Decimal(tokens["completion_tokens"] or 0).scaleb(-6) if counted else None,
    }
    cost = costs["input_cost"] + costs["output_cost"] if costs["input_cost"] is not None else None  # type: ignore[operator]
    return UsageRecord.objects.create(
        **{
            "created_at": at,
            "user_id": 1,
            "username": "alice",
            "conversation_id": uuid4(),
            "message_id": uuid4(),
            "generation_id": uuid4(),
            "provider": "openai",
            "model": price.model.name if price else "gpt-4o",
            "currency": price.currency if price else "USD",
            "price": price,
            "source": UsageRecord.Source.PROVIDER,
            "finish_reason": "stop",
            "elapsed_seconds": 2.0,
            "cost": cost,
            **tokens,
            **costs,
            **values,
        }
    )


def counted(at: datetime, price: Price | None, **values: Any) -> UsageRecord:
    """A row of the ledger that its day knows of."""
    row = record(at, price, **values)
    totals.count([row])
    return row


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)
