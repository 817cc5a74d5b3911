"""One conversation: read, changed, deleted, restored."""

from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chat import database
from chat.catalog.choice import choose, is_open_to
from chat.errors import ChatError
from chat.generation import control
from chat.generation.request import check_sampling
from chat.models import Conversation, Generation
from chat.models.conversation import KEPT_AFTER_DELETION
from chat.models.tree import Tree
from chat.views import thread
from chat.views.access import Caller, api, parse, respond
from chat.views.summary import detail, summaries

MOST_MESSAGES: Final = 1000
MISSING: Final = "There is no such conversation."


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields that PATCH may set."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    pinned: bool | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET
    unread: bool | msgspec.UnsetType = msgspec.UNSET
    system_prompt: str | msgspec.UnsetType = msgspec.UNSET
    model: str | msgspec.UnsetType | None = msgspec.UNSET
    temperature: float | msgspec.UnsetType | None = msgspec.UNSET
    max_tokens: int | msgspec.UnsetType | None = msgspec.UNSET
    leaf_id: UUID | msgspec.UnsetType | None = msgspec.UNSET


@api("GET", "PATCH", "DELETE")
def conversation(request: HttpRequest, caller: Caller, conversation_id: UUID) -> HttpResponse:
    """One conversation with its messages: all of the tree, or with `last` the end of the current branch."""
    if request.method == "PATCH":
        changes = parse(request, Changes)
        with database.writing():
            _change(locked(caller, conversation_id), caller, changes)
    if request.method == "DELETE":
        with database.writing():
            _delete(locked(caller, conversation_id))
        return HttpResponse(status=204)
    row = Conversation.objects.of(caller.user).select_related("model").filter(pk=conversation_id).first()
    if row is None:
        raise ChatError("not_found", MISSING)
    tree = Tree.of(row)
    names, more = _window(request, row, tree)
    messages = [thread.as_json(message) for message in thread.messages(row, tree, names)]
    # False where this user may not use its model any more; null where it has none.
    available = row.model and is_open_to(caller.user, row.model)
    return respond({**detail(row), "model_available": available, "messages": messages, "more": more})


def locked(caller: Caller, conversation_id: UUID) -> Conversation:
    """Return a conversation with its row locked until the transaction ends."""
    mine = Conversation.objects.of(caller.user).select_for_update(of=("self",)).filter(pk=conversation_id)
    row = mine.first()
    if row is None:
        raise ChatError("not_found", MISSING)
    return row


def _window(request: HttpRequest, row: Conversation, tree: Tree) -> tuple[list[UUID], bool]:
    """Return the ids of the messages that are asked for, and whether older ones go before them."""
    last, before = request.GET.get("last"), request.GET.get("before")
    if last is None:
        if before is not None:
            raise ChatError("invalid_request", "`before` needs `last`.")
        return list(tree), False
    if not last.isascii() or not last.isdigit() or not 1 <= int(last[:9]) <= MOST_MESSAGES:
        raise ChatError("invalid_request", f"`last` must be a whole number from 1 to {MOST_MESSAGES}.")
    branch = tree.branch(row.leaf_id) if before is None else tree.path(_named(tree, before))[:-1]
    return branch[-int(last) :], len(branch) > int(last)


def _named(tree: Tree, name: str) -> UUID:
    try:
        found = UUID(name)
    except ValueError:
        raise ChatError("invalid_request", "`before` takes the id of a message.") from None
    if found not in tree:
        raise ChatError("not_found", "`before` names no message of this conversation.")
    return found


def _change(row: Conversation, caller: Caller, changes: Changes) -> None:
    fields = {name: getattr(changes, name) for name in changes.__struct_fields__}
    given = {name: value for name, value in fields.items() if value is not msgspec.UNSET}
    if "title" in given:
        given["title"] = " ".join(given["title"].split())
        given["title_origin"] = Conversation.TitleOrigin.PERSON
        if not 1 <= len(given["title"]) <= 200:
            raise ChatError("invalid_request", "`title` must have 1 to 200 characters.")
    if "unread" in given:
        given["unread_since"] = (row.unread_since or timezone.now()) if given.pop("unread") else None
    limit = settings.CHAT_MAX_MESSAGE_CHARS
    if len(given.get("system_prompt", "")) > limit:
        raise ChatError("invalid_request", f"The `system_prompt` is longer than {limit:,} characters.")
    check_sampling(given.get("temperature"), given.get("max_tokens"))
    if given.get("model") is not None:
        given["model"] = choose(caller.user, given["model"] or "(no name)")
    if given.get("leaf_id") and not row.messages.filter(pk=given["leaf_id"]).exists():
        raise ChatError("not_found", "`leaf_id` names no message of this conversation.")
    if "system_prompt" in given:
        given["stored_chars"] = max(0, row.stored_chars + len(given["system_prompt"]) - len(row.system_prompt))
    save(row, **given)


def save(row: Conversation, **values: Any) -> None:
    """Write these fields of a conversation, and that something of it has changed."""
    for name, value in {**values, "changed_at": timezone.now()}.items():
        setattr(row, name, value)
    row.save(update_fields=[*(name.removesuffix("_id") for name in values), "changed_at"])


def _delete(row: Conversation) -> None:
    """Delete a conversation, restorable at first, and stop the answers that are being written in it."""
    save(row, deleted_at=timezone.now())
    control.stop_all(Generation.objects.filter(message__conversation=row, finished_at__isnull=True))


@api("POST")
def restore(request: HttpRequest, caller: Caller, conversation_id: UUID) -> HttpResponse:
    """Bring back a conversation that was just deleted. One that is there stays as it is."""
    with database.writing():
        mine = Conversation.objects.filter(owner=caller.user, pk=conversation_id).select_for_update(of=("self",))
        row = mine.select_related("model").first()
        if row is None or (row.deleted_at and row.deleted_at < timezone.now() - KEPT_AFTER_DELETION):
            raise ChatError("not_found", MISSING)
        if row.deleted_at:
            save(row, deleted_at=None)
    return respond(summaries([row])[0])
