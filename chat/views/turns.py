"""Deleting a turn of a conversation, or one version of a message; and bringing it back.

What is deleted is kept aside for as long as a deleted conversation is, and in the same way: in a conversation of its
own that is deleted (`taken_from`), so that lists, search and exports know nothing of it and the purge takes it.
"""

from collections.abc import Collection
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chat import database
from chat.errors import ChatError
from chat.limits import recount_storage
from chat.models import Conversation, Message
from chat.models.conversation import KEPT_AFTER_DELETION
from chat.models.tree import Tree
from chat.search import index
from chat.views.access import Caller, api
from chat.views.conversations import locked, save

NO_MESSAGE = "There is no such message."


@api("DELETE")
def message(request: HttpRequest, caller: Caller, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Delete a turn: a question and all its answers, whichever of them is named; what followed stays.

    With `only=version` this version of a message alone, and all that followed it.
    """
    only = request.GET.get("only", "turn")
    if only not in ("turn", "version"):
        raise ChatError("invalid_request", "`only` is version.")
    with database.writing():
        row = locked(caller, conversation_id)
        found = row.messages.select_related("parent").filter(pk=message_id).first()
        if found is None:
            raise ChatError("not_found", NO_MESSAGE)
        if only == "version":
            _take_version(row, found)
        else:
            _take_turn(row, found.parent if found.role == Message.Role.ASSISTANT and found.parent else found)
        recount_storage(row)
    return HttpResponse(status=204)


@api("POST")
def restore(request: HttpRequest, caller: Caller, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Bring back what was just deleted with this message. One that is there stays as it is."""
    with database.writing():
        row = locked(caller, conversation_id)
        if not row.messages.filter(pk=message_id).exists():
            since = timezone.now() - KEPT_AFTER_DELETION
            aside = Conversation.objects.filter(taken_from=row, deleted_at__gte=since, messages=message_id)
            _bring_back(row, aside.select_for_update(of=("self",)).first())
            recount_storage(row)
    return HttpResponse(status=204)


def _take_version(row: Conversation, found: Message) -> None:
    tree = Tree.of(row)
    siblings = tree.siblings(found.pk)
    if siblings.count < 2:
        raise ChatError("conflict", "There is no other version of this message.")
    gone = tree.below(found.pk)
    leaf = siblings.previous or siblings.next if row.leaf_id is None or row.leaf_id in gone else row.leaf_id
    _take(row, gone, {}, leaf)


def _take_turn(row: Conversation, question: Message) -> None:
    answers = list(row.messages.filter(parent=question).values_list("pk", flat=True))
    # What followed is attached to what came before; so is what was deleted there and may come back.
    followers = Message.objects.filter(parent__in=answers)
    parents = {str(name): str(parent) for name, parent in followers.values_list("pk", "parent_id")}
    gone = [question.pk, *answers]
    _take(row, gone, parents, question.parent_id if row.leaf_id in gone else row.leaf_id)
    followers.update(parent=question.parent_id)


def _take(row: Conversation, gone: Collection[UUID], parents: dict[str, str], leaf_id: UUID | None) -> None:
    if row.messages.filter(pk__in=gone, status=Message.Status.STREAMING).exists():
        raise ChatError("conflict", "An answer is still being written. Stop it or wait for its end.")
    taken = {"leaf": row.leaf_id and str(row.leaf_id), "parents": parents}
    aside = Conversation.objects.create(
        owner_id=row.owner_id, temporary=True, deleted_at=timezone.now(), taken_from=row, taken=taken
    )
    save(row, leaf_id=leaf_id)
    _move(gone, row, aside)


def _bring_back(row: Conversation, aside: Conversation | None) -> None:
    names = list(aside.messages.values_list("pk", flat=True)) if aside else []
    # The uppermost says where they belong; that may have been deleted since.
    top = Message.objects.filter(pk__in=names).exclude(parent__in=names).first()
    is_placed = top is not None and (top.parent_id is None or row.messages.filter(pk=top.parent_id).exists())
    if aside is None or aside.taken is None or top is None or not is_placed:
        raise ChatError("not_found", NO_MESSAGE)
    _move(names, aside, row)
    for name, parent in aside.taken["parents"].items():
        Message.objects.filter(pk=name, parent=top.parent_id).update(parent=parent)
    leaf = aside.taken["leaf"]
    if leaf and row.messages.filter(pk=leaf).exists():
        save(row, leaf_id=UUID(leaf))
    else:
        save(row)
    aside.delete()


def _move(names: Collection[UUID], source: Conversation, target: Conversation) -> None:
    source.messages.filter(pk__in=names).update(conversation=target)
    index.move(names, target.pk)
