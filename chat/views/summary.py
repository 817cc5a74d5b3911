"""A conversation as lists show it."""

from collections.abc import Collection
from typing import Any

from chat.models import Conversation, Generation


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
            "model": row.model and row.model.name,
            "streaming": streaming.get(row.pk),
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }
        for row in rows
    ]
