"""The list of conversations, and searching it."""

from datetime import UTC
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime

from chat import database
from chat.errors import ChatError
from chat.models import Conversation
from chat.query_cancel import Interruption
from chat.search import latest
from chat.search.query import Terms
from chat.search.results import Hit, find, find_near
from chat.views.access import Caller, api, respond
from chat.views.summary import summaries

PAGE_SIZE: Final = 50
# Where so many conversations have the words themselves, what is nearly that is not looked for.
FEW: Final = 10
TRUTHS: Final = {"true": True, "false": False}


@api("GET")
async def listing(request: HttpRequest, caller: Caller) -> HttpResponse:
    """One page of the caller's conversations, newest first; with `q` those in which its words occur, and where."""
    terms = Terms.parse(request.GET.get("q", ""))
    if terms:
        return await latest.search(caller.user.pk, partial(found, request, caller, terms))
    return await database.run(page, request, caller)


def page(request: HttpRequest, caller: Caller) -> HttpResponse:
    """The page of the list that is asked for."""
    rows = list(_rows(request, caller, archived=False)[: PAGE_SIZE + 1])
    return respond({"conversations": summaries(rows[:PAGE_SIZE]), "next_cursor": next_cursor(rows)})


def found(request: HttpRequest, caller: Caller, terms: Terms, interruption: Interruption) -> HttpResponse:
    """The page of what is found that is asked for."""
    rows = _rows(request, caller, archived=None)
    results = find(rows, caller.user, terms, PAGE_SIZE + 1, interruption.check)
    shown = [row for row, _ in results]
    answer = {"conversations": _with_hits(results[:PAGE_SIZE]), "next_cursor": next_cursor(shown)}
    if request.GET.get("cursor") or len(shown) >= FEW:
        return respond({**answer, "near": []})
    near = find_near(rows, caller.user, terms, [row.pk for row in shown], interruption.check)
    return respond({**answer, "near": _with_hits(near)})


def _with_hits(results: list[tuple[Conversation, list[Hit]]]) -> list[dict[str, Any]]:
    listed = summaries([row for row, _ in results])
    return [{**summary, "hits": hits} for summary, (_, hits) in zip(listed, results, strict=True)]


def next_cursor(rows: list[Conversation]) -> str | None:
    """Return where the next page begins; None if a page and one more was looked for and there is no more."""
    return cursor_of(rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else None


def cursor_of(row: Conversation) -> str:
    """Return the cursor of the position right after a conversation."""
    return f"{row.updated_at.isoformat()}~{row.pk}"


def _rows(request: HttpRequest, caller: Caller, *, archived: bool | None) -> QuerySet[Conversation]:
    mine = Conversation.objects.listed(caller.user).select_related("model")
    return _after(_chosen(request, mine, archived=archived), request.GET.get("cursor", ""))


def _chosen(request: HttpRequest, rows: QuerySet[Conversation], *, archived: bool | None) -> QuerySet[Conversation]:
    wanted = {"pinned": None, "archived": archived}
    for name in wanted:
        word = request.GET.get(name, "")
        if word and word not in TRUTHS:
            raise ChatError("invalid_request", f"`{name}` is true or false.")
        wanted[name] = TRUTHS.get(word, wanted[name])
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def _after(rows: QuerySet[Conversation], cursor: str) -> QuerySet[Conversation]:
    if not cursor:
        return rows
    time, _, last_id = cursor.partition("~")
    try:
        moment, last = parse_datetime(time), UUID(last_id)
        moment = moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise ChatError("invalid_request", "`cursor` takes what `next_cursor` gave.")
    # The first condition is implied by the second, but an index can start at it.
    return rows.filter(updated_at__lte=moment).filter(Q(updated_at__lt=moment) | Q(pk__lt=last))
