"""A conversation as lists show it, and with its settings and what all of it has used."""

from collections.abc import Collection
from typing import Any

from chat.models import Conversation, Generation, UsageRecord
from chat.usage.charge import COUNTED, spent_by


def summaries(rows: Collection[Conversation]) -> list[dict[str, Any]]:
    """Return conversations as JSON, in their order. One query tells what is being written, however many there are."""
    unfinished = Generation.objects.filter(finished_at__isnull=True, owner__in={row.owner_id for row in rows})
    under_way = unfinished.filter(message__conversation__in=[row.pk for row in rows]).order_by("created_at")
    streaming = dict(under_way.values_list("message__conversation", "pk"))
    return [
        {
            "id": row.pk,
            "title": row.title,
            "pinned": row.pinned,
            "archived": row.archived,
            "temporary": row.temporary,
            "unread": row.unread_since is not None,
            "model": row.model and row.model.name,
            "streaming": streaming.get(row.pk),
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }
        for row in rows
    ]


def detail(row: Conversation) -> dict[str, Any]:
    """Return a conversation without its messages as JSON."""
    own = {name: getattr(row, name) for name in ("system_prompt", "temperature", "max_tokens", "leaf_id")}
    return {**summaries([row])[0], **own, "usage": _usage(row)}


def _usage(row: Conversation) -> dict[str, Any]:
    """Return what all attempts in a conversation have used and cost, also those at what was deleted since; one query.

    Where there are several currencies `cost` and `currency` are None, and `costs` has them all. `unpriced` requests
    are not in the cost; where some counts are `estimated`, so are the sums.
    """
    records = UsageRecord.objects.filter(conversation_id=row.pk).only(*COUNTED)
    spent = spent_by(records.corrected().order_by("pk").iterator())
    currency, cost = next(iter(spent.costs.items())) if len(spent.costs) == 1 else (None, None)
    return {
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.completion_tokens,
        "total_tokens": spent.prompt_tokens + spent.completion_tokens,
        "cost": cost,
        "currency": currency,
        "costs": spent.costs,
        "unpriced": spent.unpriced,
        "estimated": spent.estimated,
    }
