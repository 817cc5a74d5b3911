"""The full-text index: SQLite's FTS5 or PostgreSQL's GIN. Each entry carries its owner, so that nobody pays for others.

The index is made, and kept, by the triggers of migrations 0004 and 0024.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection

from chat import database
from chat.models import Conversation, Message
from chat.search.query import Terms, fold

SQLITE: Final = """
    SELECT place.conversation_id, place.message_id
    FROM chat_search CROSS JOIN chat_search_place AS place ON place.id = chat_search.rowid
    WHERE chat_search MATCH %s ORDER BY chat_search.rowid DESC LIMIT %s
"""
# The words stand in the query themselves: how frequent they are decides how it goes about it.
POSTGRESQL: Final = """
    (SELECT conversation.id, NULL::uuid, conversation.updated_at AS moment FROM chat_conversation AS conversation
        WHERE words @@ (to_tsquery('simple', %s) && %s::tsquery) LIMIT %s)
    UNION ALL
    (SELECT message.conversation_id, message.id, message.created_at FROM chat_message AS message
        WHERE words @@ (to_tsquery('simple', %s) && %s::tsquery) LIMIT %s)
    ORDER BY moment DESC
"""

# Source: FTS5's documentation, "The 'merge' command": below zero it merges what there is into one, this many pages
# at a time, and has come to its end when it changes less than two rows.
MERGE: Final = "INSERT INTO chat_search (chat_search, rank) VALUES ('merge', -500)"


@dataclass(frozen=True, slots=True)
class Match:
    """A message that has all the words, or with `message_id` None a title."""

    conversation_id: UUID
    message_id: UUID | None


def matches(owner: User, terms: Terms, limit: int) -> Iterator[Match]:
    """Yield what matches among the rows of `owner`, newest first; where there is more, `limit` or more of it.

    Conversations that are deleted or temporary are not left out here.
    """
    if not terms.by_word:
        yield from _containing(owner, terms, limit)
        return
    with connection.cursor() as cursor:
        cursor.execute(*statement(owner, terms, limit))
        for conversation_id, message_id, *_ in cursor:
            yield Match(_uuid(conversation_id), message_id and _uuid(message_id))


def forget_deleted() -> None:
    """Have the words of deleted rows go from the index itself; SQLite's keeps them beside a mark until it is merged.

    Takes a few short transactions, more where the index is large.
    """
    if connection.vendor != "sqlite":
        return
    while True:
        with database.writing(), connection.cursor() as cursor:
            before = cursor.execute("SELECT total_changes()").fetchone()[0]
            cursor.execute(MERGE)
            if cursor.execute("SELECT total_changes()").fetchone()[0] - before < 2:
                return


def move(messages: Collection[UUID], conversation_id: UUID) -> None:
    """Have messages found in the conversation that they are in now; PostgreSQL's index does not name it."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for name in messages:
            cursor.execute(
                "UPDATE chat_search_place SET conversation_id = %s WHERE message_id = %s",
                [conversation_id.hex, name.hex],
            )


def statement(owner: User, terms: Terms, limit: int) -> tuple[str, list[str | int]]:
    """Return the query that `matches` makes, and its parameters."""
    *whole, last = terms.words
    if connection.vendor == "sqlite":
        words = " AND ".join([*(f'"{word}"' for word in whole), f'"{last}"*'])
        return _query(owner, words, limit)
    words = " & ".join([*(f"'{fold(word)}'" for word in whole), f"'{fold(last)}':*"])
    return _query(owner, words, limit)


def near_matches(owner: User, near: dict[str, list[str]], limit: int) -> Iterator[Match]:
    """Yield what holds each word, or one of those that are nearly that word, newest first."""
    is_sqlite = connection.vendor == "sqlite"
    quote, either, both = ('"', " OR ", " AND ") if is_sqlite else ("'", " | ", " & ")
    groups = [[word if is_sqlite else fold(word), *others] for word, others in near.items()]
    words = both.join(f"({either.join(f'{quote}{each}{quote}' for each in group)})" for group in groups)
    with connection.cursor() as cursor:
        cursor.execute(*_query(owner, words, limit))
        for conversation_id, message_id, *_ in cursor:
            yield Match(_uuid(conversation_id), message_id and _uuid(message_id))


def _query(owner: User, words: str, limit: int) -> tuple[str, list[str | int]]:
    if connection.vendor == "sqlite":
        return SQLITE, [f"owner : o{owner.pk} AND body : ({words})", limit]
    return POSTGRESQL, [words, f"'owner {owner.pk}'", limit] * 2


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _containing(owner: User, terms: Terms, limit: int) -> Iterator[Match]:
    titles = Conversation.objects.filter(owner=owner)
    texts = Message.objects.filter(conversation__owner=owner).order_by("-created_at")
    for word in terms.words:
        titles, texts = titles.filter(title__icontains=word), texts.filter(content__icontains=word)
    for name in titles.values_list("pk", flat=True)[:limit]:
        yield Match(name, None)
    for conversation_id, name in texts.values_list("conversation_id", "pk")[:limit]:
        yield Match(conversation_id, name)
