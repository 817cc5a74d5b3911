"""Conversations: list, read, change, delete; and the models to choose from."""

from datetime import UTC
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime

from chat import catalog
from chat.errors import ChatError
from chat.generation import live
from chat.models import Conversation, Generation
from chat.views import thread
from chat.views.access import Caller, api, parse, respond

PAGE_SIZE = 50


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What PATCH may set."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    pinned: bool | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET
    system_prompt: str | msgspec.UnsetType = msgspec.UNSET
    model: str | msgspec.UnsetType | None = msgspec.UNSET


@api("GET")
def listing(request: HttpRequest, caller: Caller) -> HttpResponse:
    """One page of the caller's conversations, newest first; `q` searches titles and messages."""
    rows = Conversation.objects.select_related("model").filter(owner=caller.user)
    words = request.GET.get("q", "").replace("\0", "").strip()
    if words:
        said = Q(title__icontains=words) | Q(messages__content__icontains=words)
        rows = rows.filter(pk__in=Conversation.objects.filter(said, owner=caller.user).values("pk"))
    found = list(_after(rows, request.GET.get("cursor", ""))[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    more = cursor_of(page[-1]) if len(found) > PAGE_SIZE else None
    return respond({"conversations": [_summary(row) for row in page], "next_cursor": more})


def cursor_of(row: Conversation) -> str:
    """Return what names the place in the list right after a conversation."""
    return f"{row.updated_at.isoformat()}~{row.pk}"


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
    return rows.filter(Q(updated_at__lt=moment) | Q(updated_at=moment, pk__lt=last))


@api("GET", "PATCH", "DELETE")
def conversation(request: HttpRequest, caller: Caller, conversation_id: UUID) -> HttpResponse:
    """One conversation with its messages."""
    mine = Conversation.objects.select_related("model").filter(owner=caller.user, pk=conversation_id)
    with transaction.atomic():
        # Who changes or deletes it does so alone.
        row = (mine if request.method == "GET" else mine.select_for_update(of=("self",))).first()
        if row is None:
            raise ChatError("not_found", "There is no such conversation.")
        if request.method == "PATCH":
            _change(row, caller, parse(request, Changes))
        if request.method == "DELETE":
            _stop_all(row)
            row.delete()
            return HttpResponse(status=204)
    messages = [thread.as_json(message) for message in thread.messages(row)]
    return respond({**_summary(row), "system_prompt": row.system_prompt, "messages": messages})


def _change(row: Conversation, caller: Caller, changes: Changes) -> None:
    fields = {name: getattr(changes, name) for name in changes.__struct_fields__}
    given = {name: value for name, value in fields.items() if value is not msgspec.UNSET}
    if "title" in given:
        given["title"] = " ".join(given["title"].split())
        if not 1 <= len(given["title"]) <= 200:
            raise ChatError("invalid_request", "`title` must have 1 to 200 characters.")
    limit = settings.CHAT_MAX_MESSAGE_CHARS
    if len(given.get("system_prompt", "")) > limit:
        raise ChatError("invalid_request", f"The `system_prompt` is longer than {limit:,} characters.")
    if given.get("model") is not None:
        given["model"] = catalog.choose(caller.user, given["model"] or "(no name)")
    for name, value in given.items():
        setattr(row, name, value)
    row.save(update_fields=list(given))


def _stop_all(row: Conversation) -> None:
    """End what is being written in a conversation that goes away."""
    for generation_id in Generation.objects.filter(message__conversation=row).values_list("pk", flat=True):
        generation = live.find(generation_id)
        if generation is not None:
            generation.stop()


def _summary(row: Conversation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "title": row.title,
        "pinned": row.pinned,
        "archived": row.archived,
        "model": row.model and row.model.name,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


@api("GET")
def models(request: HttpRequest, caller: Caller) -> HttpResponse:
    """What the caller may use, with prices per million tokens, null where none is known."""
    return respond({"models": [_model(choice) for choice in catalog.choices(caller.user)]})


def _model(choice: catalog.Choice) -> dict[str, Any]:
    price = None
    if choice.priced:
        price = {
            "input_per_million": choice.input_per_million,
            "output_per_million": choice.output_per_million,
            "currency": choice.currency,
        }
    return {"name": choice.name, "provider": choice.provider, "is_default": choice.is_default, "price": price}
