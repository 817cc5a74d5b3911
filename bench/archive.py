"""Makes somebody a long history: run inside the site's own environment by `bench/history.py` and by tests."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.utils import timezone

from bench.prose import Prose
from chat.models import Conversation, Message, UsageRecord

BATCH: Final = 2000


def fill(owner: User, conversations: int, messages: int, longest: int) -> UUID:
    """Make conversations of `messages` each, and one more of `longest`, whose id is returned."""
    prose = Prose()
    start = timezone.now() - timedelta(days=400)
    rows = [
        Conversation(
            owner=owner,
            title=" ".join(prose.words(4)),
            title_origin=Conversation.TitleOrigin.PERSON,
            updated_at=start + timedelta(minutes=number),
        )
        for number in range(conversations + 1)
    ]
    Conversation.objects.bulk_create(rows, BATCH)

    def said() -> Iterator[Message]:
        number = 0
        for row, count in zip(rows, [*[messages] * conversations, longest], strict=True):
            parent: UUID | None = None
            for place in range(count):
                number += 1
                message = Message(
                    id=uuid4(),
                    conversation=row,
                    parent_id=parent,
                    role=Message.Role.ASSISTANT if place % 2 else Message.Role.USER,
                    content=prose.message(number),
                    created_at=row.updated_at + timedelta(milliseconds=place),
                )
                parent = message.pk
                yield message

    pending = said()
    while some := list(islice(pending, BATCH)):
        Message.objects.bulk_create(some)
    _use(owner, rows[-1], start)
    return rows[-1].pk


def _use(owner: User, row: Conversation, now: datetime) -> None:
    """Each answer of a conversation has a row in the ledger."""
    answers = row.messages.filter(role=Message.Role.ASSISTANT).values_list("pk", flat=True)
    UsageRecord.objects.bulk_create(
        UsageRecord(
            created_at=now,
            user_id=owner.pk,
            username=owner.username,
            conversation_id=row.pk,
            message_id=name,
            generation_id=uuid4(),
            provider="bench",
            model="bench",
            prompt_tokens=10,
            completion_tokens=10,
            currency="USD",
            source="provider",
            elapsed_seconds=1.0,
        )
        for name in answers
    )
