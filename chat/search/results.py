"""One page of what a search finds: conversations, newest first, each with the places where the words stand."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Left

from chat.models import Conversation, Message
from chat.search.index import Match, matches, near_matches
from chat.search.near import alternatives
from chat.search.query import Piece, Terms

# So many of the newest matches are taken from the index. Where there are more, the words are frequent, and reading
# the newest conversations finds a page of them sooner...
CAP: Final = 1000
BATCH: Final = 60
# ...unless they stand in few conversations: then the index has to tell all of them.
MOST_BATCHES: Final = 5
ALL: Final = 2**31 - 1
MOST_HITS: Final = 3
MOST_NEAR: Final = 10

# Of a text so much is read: more than anybody may write, and than models answer.
MOST_CHARS: Final = 2_000_000
BEGINNING: Final = Left("content", MOST_CHARS)
# Of all texts together: Python compares some ten million characters in a second, and nobody else's request meanwhile.
MOST_COMPARED: Final = 4_000_000
FEW_CHARS: Final = 400
# Rows that are in memory at the same time.
READ_AT_ONCE: Final = 20

T = TypeVar("T")
Found = dict[UUID, list[UUID | None]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where the words stand: a message, or with `message_id` None the title."""

    message_id: UUID | None
    snippet: list[Piece]
    created_at: datetime | None = None


Check = Callable[[], None]


class Reading:
    """How much of texts is compared, and whether anybody waits for it: `check` raises if not."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self._left = MOST_COMPARED
        self.is_over = False

    def take(self, text: str, terms: Terms) -> bool:
        """Count a text, once for each word. Returns whether it may be compared."""
        self._left -= len(text) * len(terms.words)
        self.is_over = self.is_over or self._left < 0
        return not self.is_over


def find(
    rows: QuerySet[Conversation], owner: User, terms: Terms, count: int, check: Check
) -> list[tuple[Conversation, list[Hit]]]:
    """Return the first `count` of the owner's conversations `rows` that hold all the words in one place.

    One letter is looked for in titles only. `check` is called again and again, and raises what ends the search.
    """
    if terms.is_single_letter:
        # Nearly every message has a word that begins so: titles alone tell something.
        titled = (row for row in _each(rows.defer("system_prompt"), check) if terms.match(row.title))
        return [(row, [Hit(None, terms.snippet(row.title))]) for row in islice(titled, count)]
    some = list(matches(owner, terms, CAP + 1))
    found = _grouped(some)
    page = _walk(rows, terms, found, count, Reading(check)) if len(some) > CAP else _newest(rows, found, count, check)
    if page is None:
        found = _grouped(_checked(matches(owner, terms, ALL), check))
        page = _newest(rows, found, count, check)
    return _with_hits(page, found, terms, Reading(check))


def find_near(
    rows: QuerySet[Conversation], owner: User, terms: Terms, exact: Iterable[UUID], check: Check
) -> list[tuple[Conversation, list[Hit]]]:
    """Return some of the owner's conversations that hold what is nearly the words, and are not among the `exact`."""
    near = alternatives(owner, terms)
    check()
    if not near:
        return []
    left_out = set(exact)
    some = (match for match in near_matches(owner, near, CAP) if match.conversation_id not in left_out)
    found = _grouped(_checked(some, check))
    page = list(rows.filter(pk__in=list(found)[:CAP])[:MOST_NEAR])
    shown = tuple(dict.fromkeys(word for one, others in near.items() for word in (one, *others)))
    return _with_hits(page, found, Terms(shown, by_word=False), Reading(check))


def _checked(some: Iterable[T], check: Check) -> Iterator[T]:
    for each in some:
        check()
        yield each


def _each(rows: QuerySet[Any, T], check: Check) -> Generator[T, None, None]:
    """Yield rows without keeping them all."""
    with closing(rows.iterator(chunk_size=READ_AT_ONCE)) as each:  # type: ignore[type-var]
        yield from _checked(each, check)


def _grouped(some: Iterable[Match]) -> Found:
    """Return messages by conversation, the title first, and no more than are shown."""
    found: Found = {}
    for match in some:
        names = found.setdefault(match.conversation_id, [])
        if match.message_id is None:
            names.insert(0, None)
        elif len(names) < MOST_HITS:
            names.append(match.message_id)
    return found


def _newest(rows: QuerySet[Conversation], found: Found, count: int, check: Check) -> list[Conversation]:
    names = list(found)
    if len(names) > CAP:
        # More than a query takes.
        names = list(islice((name for name in _each(rows.values_list("pk", flat=True), check) if name in found), count))
    return list(rows.filter(pk__in=names)[:count])


def _walk(
    rows: QuerySet[Conversation], terms: Terms, found: Found, count: int, reading: Reading
) -> list[Conversation] | None:
    """Go through the newest conversations, and read those of which the index did not tell.

    None if they are too few, or too long.
    """
    page: list[Conversation] = []
    for begin in range(0, MOST_BATCHES * BATCH, BATCH):
        batch = list(rows[begin : begin + BATCH])
        found.update(_grouped(_read([row for row in batch if row.pk not in found], terms, reading)))
        page += [row for row in batch if row.pk in found]
        if len(page) >= count or len(batch) < BATCH:
            # Of these the index may have told one place and not the others.
            found.update(_grouped(_read([row for row in page if len(found[row.pk]) < MOST_HITS], terms, reading)))
            return None if reading.is_over else page[:count]
        if reading.is_over:
            return None
    return None


def _read(rows: list[Conversation], terms: Terms, reading: Reading) -> Iterator[Match]:
    yield from (Match(row.pk, None) for row in rows if terms.match(row.title))
    if not rows or reading.is_over:
        return
    said = Message.objects.filter(conversation__in=rows).order_by("-created_at")
    texts = said.values_list("conversation_id", "pk", BEGINNING)
    with closing(_each(texts, reading.check)) as each:
        for conversation_id, name, text in each:
            if not reading.take(text, terms):
                return
            if terms.match(text):
                yield Match(conversation_id, name)


def _with_hits(
    page: list[Conversation], found: Found, terms: Terms, reading: Reading
) -> list[tuple[Conversation, list[Hit]]]:
    chosen = {row.pk: found[row.pk][:MOST_HITS] for row in page}
    wanted = [name for names in chosen.values() for name in names if name]
    snippets: dict[UUID, tuple[list[Piece], datetime]] = {}
    said = Message.objects.filter(pk__in=wanted).order_by("-created_at").values_list("pk", BEGINNING, "created_at")
    for name, text, at in _each(said, reading.check):
        # Where they are too long together, the last are shown by how they begin.
        snippets[name] = terms.snippet(text if reading.take(text, terms) else text[:FEW_CHARS]), at
    return [
        (
            row,
            [
                Hit(name, *snippets[name]) if name else Hit(None, terms.snippet(row.title))
                for name in chosen[row.pk]
                if name is None or name in snippets
            ],
        )
        for row in page
    ]
