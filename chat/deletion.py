"""Deletes accounts: in a week where their owner asks for it, at once by an admin or a command.

At once the account is deactivated, which ends sessions, keys and answers within seconds; a row of `AccountDeletion`
says when it is due. A task of each process looks for due ones once a minute, and one of them claims it. Conversations
are deleted one by one, each in a transaction of its own. The ledger's rows and daily sums go to user 0, "a former
user", day by day (`chat/usage/anonymization.py`), so that `rebuildtotals --check` holds at every moment. What an answer
that ends later used is booked for the former user too, under the lock of the user's row. Everything else is deleted
with the user's row: a test walks every model with a key to it.
"""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from time import monotonic, sleep
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat import database
from chat.errors import ChatError
from chat.models import AccountDeletion, Conversation, Generation
from chat.models.deletion import TIME_TO_THINK
from chat.models.superuser import LAST, includes_last
from chat.search.index import forget_deleted
from chat.usage import anonymization

logger = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60.0
# After so long without a sign of the process that deletes an account another one takes over.
CLAIM: Final = timedelta(minutes=5)
CONVERSATIONS_AT_ONCE: Final = 100
ROWS_AT_ONCE: Final = 500
# How long an admin's deletion waits for answers that are being written to end.
STOP_SECONDS: Final = 10.0
GONE: Final = "deleted"


def plan(user: User) -> AccountDeletion:
    """Deactivate an account at once, and have it deleted in a week. Raises ChatError `conflict` for the last superuser.

    Keys, sessions and answers that are being written end within seconds, wherever they are.
    """
    now = timezone.now()
    with database.writing():
        _refuse_last_superuser(user)
        # Keys and sessions of inactive people open nothing; what they open is looked at every few seconds.
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            # An admin may have let them in again before an earlier one was over.
            AccountDeletion.objects.filter(user=user).delete()
        planned = {"requested_at": now, "due_at": now + TIME_TO_THINK}
        row, _ = AccountDeletion.objects.get_or_create(user=user, defaults=planned)
        _stop_answers(user.pk)
    end_sessions(user.pk)
    return row


def take_back(user_id: int) -> bool:
    """Keep an account that was to be deleted: everything is as before. False if it was not, or is gone already."""
    with database.writing():
        waiting = AccountDeletion.objects.select_for_update().filter(user=user_id, claimed_at__isnull=True)
        if not waiting.exists():
            return False
        waiting.delete()
        return bool(User.objects.filter(pk=user_id).update(is_active=True))


def is_planned(user: User) -> bool:
    """Whether an account is to be deleted because its owner wants it, and can still be kept."""
    return not user.is_active and AccountDeletion.objects.filter(user=user, claimed_at__isnull=True).exists()


def carry_out(user_id: int) -> None:
    """Delete an account now, with everything of its owner's. May be called again after it was interrupted.

    Raises ChatError `conflict` for the last superuser.
    """
    now = timezone.now()
    with database.writing():
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            return
        _refuse_last_superuser(user)
        User.objects.filter(pk=user_id).update(is_active=False)
        # Should this process end on the way, another one goes on.
        row, _ = AccountDeletion.objects.get_or_create(user=user, defaults={"due_at": now})
        AccountDeletion.objects.filter(pk=row.pk).update(claimed_at=now)
        _stop_answers(user_id)
    until = monotonic() + STOP_SECONDS
    while Generation.objects.filter(owner=user_id, finished_at__isnull=True).exists() and monotonic() < until:
        sleep(0.1)
    _blank_log(user_id)
    while _delete_conversations(user_id):
        AccountDeletion.objects.filter(user=user_id).update(claimed_at=timezone.now())
    forget_deleted()
    anonymization.forget(user_id)
    end_sessions(user_id)
    with database.writing():
        # A request that is still to be booked takes the same lock (`ledger.book`).
        user = User.objects.select_for_update().filter(pk=user_id).first()
        anonymization.forget_all(user_id)
        if user is not None:
            user.delete()
    logger.info("An account was deleted.")


def carry_out_due(now: datetime) -> int:
    """Delete the accounts whose time has come; each by one process only. Returns how many there were.

    Somebody whom an admin has let in again keeps the account.
    """
    AccountDeletion.objects.filter(user__is_active=True, due_at__lte=now).delete()
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM)
    due = AccountDeletion.objects.filter(free, due_at__lte=now)
    count = 0
    for user_id in list(due.values_list("user_id", flat=True)):
        if due.filter(user=user_id).update(claimed_at=now):
            carry_out(user_id)
            count += 1
    return count


async def watch() -> None:
    """Delete what is due, at start and now and then, for as long as the process lives."""
    while True:
        try:
            await database.run(lambda: carry_out_due(timezone.now()))
        except Exception:
            logger.exception("Accounts that are due could not be deleted; it is tried again.")
        await asyncio.sleep(EVERY_SECONDS)


def end_sessions(user_id: int) -> None:
    """Sign somebody out everywhere."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for session in Session.objects.iterator(chunk_size=ROWS_AT_ONCE):
        if session.get_decoded().get("_auth_user_id") == str(user_id):
            store(session.session_key).delete()


def _refuse_last_superuser(user: User) -> None:
    if includes_last([user]):
        raise ChatError("conflict", LAST)


def _stop_answers(user_id: int) -> None:
    # The process that writes an answer reads this a few times a second.
    unfinished = Generation.objects.filter(owner=user_id, finished_at__isnull=True)
    unfinished.update(stop_requested_at=timezone.now())


def _delete_conversations(user_id: int) -> int:
    """Delete a few, each in a transaction of its own: others write in between. Returns how many."""
    some = list(Conversation.objects.filter(owner=user_id).values_list("pk", flat=True)[:CONVERSATIONS_AT_ONCE])
    for name in some:
        with database.writing():
            Conversation.objects.select_for_update().filter(pk=name).delete()
    return len(some)


def _blank_log(user_id: int) -> None:
    """Take what the admin's log tells of somebody and their things out of it; that something was done stays."""
    for rows in _owned(user_id):
        kind = ContentType.objects.get_for_model(rows.model)
        entries = LogEntry.objects.filter(content_type=kind, object_id__isnull=False).order_by("pk")
        named = list(entries.values_list("pk", "object_id"))
        for begin in range(0, len(named), ROWS_AT_ONCE):
            some = dict(named[begin : begin + ROWS_AT_ONCE])
            found = {str(name) for name in rows.filter(pk__in=set(some.values())).values_list("pk", flat=True)}
            theirs = [entry for entry, name in some.items() if name in found]
            with database.writing():
                LogEntry.objects.filter(pk__in=theirs).update(object_id=None, object_repr=GONE, change_message="")


def _owned(user_id: int) -> Iterator[models.QuerySet[Any]]:
    """Yield the rows that belong to somebody: the user, what points there, and what points to that."""
    yield User.objects.filter(pk=user_id)
    mine = {model: key.name for model, key in _keys() if key.related_model is User}
    for model, name in mine.items():
        yield model._default_manager.filter(**{name: user_id})
    for model, key in _keys():
        owner = mine.get(key.related_model)
        if owner is not None and model not in mine and key.remote_field.on_delete is models.CASCADE:
            yield model._default_manager.filter(**{f"{key.name}__{owner}": user_id})


def _keys() -> Iterator[tuple[type[models.Model], Any]]:
    for model in apps.get_models():
        yield from ((model, field) for field in model._meta.fields if isinstance(field, models.ForeignKey))
