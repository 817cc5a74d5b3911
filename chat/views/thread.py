"""A conversation's messages, as both the JSON interface and the page show them."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from chat.events import Charge
from chat.models import Conversation, Message, UsageRecord
from chat.models.conversation import path_to
from chat.models.usage import tokens_per_second
from chat.usage.ledger import charge_of


@dataclass(frozen=True, slots=True)
class ThreadError:
    """Why an answer failed, in words for a person."""

    type: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One message with what it used; `usage` and `cost` are None for questions and where nothing is known."""

    id: UUID
    parent_id: UUID | None
    role: str
    content: str
    reasoning: str
    tool_calls: list[dict[str, Any]]
    status: str
    finish_reason: str | None
    model: str | None
    usage: Charge | None
    cost: Decimal | None
    created_at: datetime
    generation_id: UUID | None
    error: ThreadError | None
    elapsed_seconds: float | None
    ttft_seconds: float | None
    tokens_per_second: float | None


def messages(conversation: Conversation) -> list[ThreadMessage]:
    """Return every message of the tree in the order in which they were said. Two queries, however many there are."""
    rows = conversation.messages.select_related("generation")
    records: dict[UUID, list[UsageRecord]] = {}
    for record in UsageRecord.objects.filter(conversation_id=conversation.id).order_by("attempt"):
        records.setdefault(record.message_id, []).append(record)
    return [_message(row, records.get(row.id, [])) for row in rows]


def branch(conversation: Conversation) -> list[ThreadMessage]:
    """Return the messages from the root to the one said last."""
    everything = messages(conversation)
    newest = everything[-1].id if everything else None
    return path_to(newest, {message.id: message for message in everything})


def _message(row: Message, records: list[UsageRecord]) -> ThreadMessage:
    generation = getattr(row, "generation", None)
    charge = charge_of(records)
    error = None
    if generation and generation.error_type:
        error = ThreadError(generation.error_type, generation.error_message, generation.error_retryable)
    return ThreadMessage(
        id=row.id,
        parent_id=row.parent_id,
        role=row.role,
        content=row.content,
        reasoning=row.reasoning,
        tool_calls=row.tool_calls,
        status=row.status,
        finish_reason=row.finish_reason or None,
        model=row.model or None,
        usage=charge,
        cost=charge.cost if charge else None,
        created_at=row.created_at,
        generation_id=generation and generation.id,
        error=error,
        elapsed_seconds=generation and generation.elapsed_seconds,
        ttft_seconds=generation and generation.ttft_seconds,
        tokens_per_second=tokens_per_second(
            charge.completion_tokens if charge else None,
            generation and generation.elapsed_seconds,
            generation and generation.ttft_seconds,
        ),
    )


def as_json(message: ThreadMessage) -> dict[str, Any]:
    """Return a message as the JSON interface shows it."""
    shown = {each.name: getattr(message, each.name) for each in fields(message)}
    # As an event a charge has a type; as a part of a message it has none.
    usage = message.usage and {name: getattr(message.usage, name) for name in message.usage.__struct_fields__}
    return {**shown, "usage": usage}
