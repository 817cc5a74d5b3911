"""One page of what a search finds: conversations, newest first, each with the places where the words stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from chat.models import Conversation, Message
from chat.search.index import Match, matches
from chat.search.terms import Piece, Terms

# So many of the newest matches are taken from the index. Where there are more, the words are frequent, and reading
# the newest conversations finds a page of them sooner...
CAP: Final = 1000
BATCH: Final = 60
# ...unless they stand in few conversations: then the index has to tell all of them.
MOST_BATCHES: Final = 5
ALL: Final = 2**31 - 1
MOST_HITS: Final = 3

Found = dict[UUID, list[UUID | None]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where the words stand: a message, or with `message_id` None the title."""

    message_id: UUID | None
    snippet: list[Piece]


def find(rows: QuerySet[Conversation], owner: User, terms: Terms, count: int) -> list[tuple[Conversation, list[Hit]]]:
    """Return the first `count` of the owner's conversations `rows` that hold all the words in one place.

    One letter is looked for in titles only.
    """
    if terms.is_single_letter:
        # Nearly every message has a word that begins so: titles alone tell something.
        titled = (row for row in rows.defer("system_prompt").iterator() if terms.match(row.title))
        return [(row, [Hit(None, terms.snippet(row.title))]) for row in islice(titled, count)]
    some = matches(owner, terms, CAP + 1)
    found = _grouped(some)
    page = _walk(rows, terms, found, count) if len(some) > CAP else list(rows.filter(pk__in=found)[:count])
    if page is None:
        found = _grouped(matches(owner, terms, ALL))
        page = list(rows.filter(pk__in=found)[:count])
    return _with_hits(page, found, terms)


def _grouped(some: Iterable[Match]) -> Found:
    """Return messages by conversation, the title first."""
    found: Found = {}
    for match in some:
        names = found.setdefault(match.conversation_id, [])
        names.insert(len(names) if match.message_id else 0, match.message_id)
    return found


def _walk(rows: QuerySet[Conversation], terms: Terms, found: Found, count: int) -> list[Conversation] | None:
    """Go through the newest conversations, and read those of which the index did not tell; None if they are too few."""
    page: list[Conversation] = []
    for begin in range(0, MOST_BATCHES * BATCH, BATCH):
        batch = list(rows[begin : begin + BATCH])
        found.update(_grouped(_read([row for row in batch if row.pk not in found], terms)))
        page += [row for row in batch if row.pk in found]
        if len(page) >= count or len(batch) < BATCH:
            # Of these the index may have told one place and not the others.
            found.update(_grouped(_read([row for row in page if len(found[row.pk]) < MOST_HITS], terms)))
            return page[:count]
    return None


def _read(rows: list[Conversation], terms: Terms) -> Iterable[Match]:
    yield from (Match(row.pk, None) for row in rows if terms.match(row.title))
    said = Message.objects.filter(conversation__in=rows).order_by("-created_at")
    for conversation_id, name, content in said.values_list("conversation_id", "pk", "content"):
        if terms.match(content):
            yield Match(conversation_id, name)


def _with_hits(page: list[Conversation], found: Found, terms: Terms) -> list[tuple[Conversation, list[Hit]]]:
    chosen = {row.pk: found[row.pk][:MOST_HITS] for row in page}
    wanted = [name for names in chosen.values() for name in names if name]
    said = dict(Message.objects.filter(pk__in=wanted).values_list("pk", "content"))
    return [
        (
            row,
            [
                Hit(name, terms.snippet(said[name] if name else row.title))
                for name in chosen[row.pk]
                if name is None or name in said
            ],
        )
        for row in page
    ]
