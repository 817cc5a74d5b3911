"""Stores the pictures that a model makes, and returns the Markdown that shows each by an address of this site."""

import logging
import re
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError

from chat import database, events
from chat.models import Message, Picture

logger = logging.getLogger(__name__)

ADDRESS: Final = "/api/files/"
SHOWN: Final = re.compile(rf"!\[picture\]\({ADDRESS}([0-9a-f-]{{36}})\)")


def keep(message_id: UUID, picture: events.Picture) -> str:
    """Store a picture of an answer. Returns the Markdown that shows it; nothing where its message is gone."""
    row = Picture(message_id=message_id, media_type=picture.media_type, data=picture.data, size=len(picture.data))
    with database.writing():
        if not Message.objects.select_for_update().filter(pk=message_id).exists():
            return ""
        row.save(force_insert=True)
    return f"\n\n![picture]({ADDRESS}{row.pk})\n\n"


async def try_to_keep(message_id: UUID, picture: events.Picture) -> str | None:
    """`keep`; None where the database fails: the rest of the answer is paid for, too."""
    try:
        return await database.run(keep, message_id, picture)
    except DatabaseError:
        logger.exception("A picture could not be kept.")
        return None


def unshown(content: str) -> str:
    """Return an answer as it goes back to a model, to which our address says nothing."""
    return SHOWN.sub("(a picture)", content) if ADDRESS in content else content


def of(messages: Iterable[Message]) -> dict[UUID, list[dict[str, Any]]]:
    """Return what the pictures of messages are, by the messages' ids. No query where none is shown."""
    names = [message.pk for message in messages if ADDRESS in message.content]
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in Picture.objects.filter(message__in=names).defer("data") if names else ():
        told = {"id": row.pk, "name": row.name, "media_type": row.media_type, "size": row.size}
        found.setdefault(row.message_id, []).append(told)
    return found


def find(user: User, picture_id: UUID) -> Picture | None:
    """Return a picture in a conversation of `user`'s that is still there."""
    there = Picture.objects.filter(message__conversation__owner=user, message__conversation__deleted_at__isnull=True)
    return there.filter(pk=picture_id).first()
