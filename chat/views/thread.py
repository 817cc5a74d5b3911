"""A conversation's messages, as both the JSON interface and the page show them."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from chat.events import Charge
from chat.generation import pictures
from chat.generation.entry import notes_of
from chat.models import Conversation, Message, UsageRecord
from chat.models.tree import Siblings, Tree
from chat.models.usage import tokens_per_second
from chat.usage.charge import charge_of


class ThreadError(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an answer failed, in words for a person; `retry_at` where it is known when asking again helps."""

    type: str
    message: str
    retryable: bool
    retry_at: datetime | None = None


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
    finish_detail: str | None
    model: str | None
    usage: Charge | None
    cost: Decimal | None
    created_at: datetime
    generation_id: UUID | None
    is_trimmed: bool
    notes: list[str]
    attachments: list[dict[str, Any]]
    error: ThreadError | None
    elapsed_seconds: float | None
    ttft_seconds: float | None
    thinking_seconds: float | None
    tokens_per_second: float | None
    siblings: Siblings


def messages(conversation: Conversation, tree: Tree, names: Collection[UUID]) -> list[ThreadMessage]:
    """Return messages of a conversation by their ids, in that order.

    Two queries, however many there are, and one more where they show pictures.
    """
    said = conversation.messages.select_related("generation")
    used = UsageRecord.objects.filter(conversation_id=conversation.pk, kind=UsageRecord.Kind.ANSWER)
    # A database takes only so many ids; all of them need not be named.
    if len(names) < len(tree):
        said, used = said.filter(pk__in=names), used.filter(message_id__in=names)
    rows = {row.pk: row for row in said}
    records: dict[UUID, list[UsageRecord]] = {}
    for record in used.corrected().order_by("attempt"):
        records.setdefault(record.message_id, []).append(record)
    # What was deleted since the tree was read is left out.
    present = [name for name in names if name in rows]
    shown = pictures.of(rows[name] for name in present)
    return [_message(rows[name], records.get(name, []), tree.siblings(name), shown.get(name, [])) for name in present]


def _message(
    row: Message, records: list[UsageRecord], siblings: Siblings, attachments: list[dict[str, Any]]
) -> ThreadMessage:
    generation = getattr(row, "generation", None)
    charge = charge_of(records)
    error = None
    if generation and generation.error_type:
        error = ThreadError(
            generation.error_type, generation.error_message, generation.error_retryable, generation.error_retry_at
        )
    return ThreadMessage(
        id=row.id,
        parent_id=row.parent_id,
        role=row.role,
        content=row.content,
        reasoning=row.reasoning,
        tool_calls=row.tool_calls,
        status=row.status,
        finish_reason=row.finish_reason or None,
        finish_detail=row.finish_detail or None,
        model=row.model or None,
        usage=charge,
        cost=charge.cost if charge else None,
        created_at=row.created_at,
        generation_id=generation and generation.id,
        is_trimmed=generation is not None and generation.is_trimmed,
        notes=notes_of(is_trimmed=generation.is_trimmed, has_gaps=generation.has_gaps) if generation else [],
        attachments=attachments,
        error=error,
        elapsed_seconds=generation and generation.elapsed_seconds,
        ttft_seconds=generation and generation.ttft_seconds,
        thinking_seconds=generation and generation.thinking_seconds,
        tokens_per_second=tokens_per_second(
            charge.completion_tokens if charge else None,
            generation and generation.elapsed_seconds,
            generation and generation.ttft_seconds,
        ),
        siblings=siblings,
    )


def as_json(message: ThreadMessage) -> dict[str, Any]:
    """Return a message as the JSON interface shows it."""
    shown = {each.name: getattr(message, each.name) for each in fields(message)}
    # As an event a charge has a type; as a part of a message it has none.
    usage = message.usage and {name: getattr(message.usage, name) for name in message.usage.__struct_fields__}
    return {**shown, "usage": usage}
