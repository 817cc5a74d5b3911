"""Who was let in for longer than a moment, and is shown out when they may not be here any more.

One task per process looks for all who are in: when a change of people, keys or sessions rings, here or in another
process, and every `POLL_SECONDS`, for bells may be missed and a key's or session's end rings none.
"""

import asyncio
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from chat import database
from chat.errors import ChatError
from chat.live_list import pubsub
from chat.models import ApiKey

logger = logging.getLogger(__name__)

BELL: Final = "access"
# Whoever is barred, signed out or revoked is out within five seconds.
POLL_SECONDS: Final = 2.0
# Many changes at once are looked for once.
APART_SECONDS: Final = 0.1
WITHDRAWN: Final = "Access was withdrawn: you were signed out, or the API key or account is not valid any more."
# What of a person matters here; signing in writes other fields.
FIELDS: Final = frozenset({"is_active", "password"})


@dataclass(frozen=True, slots=True)
class Credential:
    """By what somebody was let in: a key, or a session and the password's hash at that time."""

    user_id: int
    api_key_id: int | None = None
    session: str = ""
    password: str = ""


class Admission:
    """One request that was let in and lasts; it belongs to the task that made it, which alone waits in it."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self._is_withdrawn = False
        self._task = asyncio.current_task()
        # Whether the task waits, or is about to, for something that may be broken off.
        self._is_waiting = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let a withdrawal break off what the block waits for. Raises ChatError `unauthenticated` then, or at once."""
        self.check()
        try:
            yield
        except asyncio.CancelledError:
            # Only what `withdraw` cancelled ends here; a caller who left as well is gone.
            if not self._is_withdrawn or self._task is None or self._task.uncancel():
                raise
            raise ChatError("unauthenticated", WITHDRAWN) from None
        finally:
            self._is_waiting = False

    def pause(self) -> None:
        """Let nothing be broken off until the next `check`: what was waited for is there, and is being sent."""
        self._is_waiting = False

    def check(self) -> None:
        """Go on waiting after a pause. Raises ChatError `unauthenticated` where access was withdrawn meanwhile."""
        if self._is_withdrawn:
            raise ChatError("unauthenticated", WITHDRAWN)
        self._is_waiting = True

    def withdraw(self) -> None:
        """End it: what it waits for is cancelled, and it does not begin to wait again."""
        if not self._is_withdrawn:
            self._is_withdrawn = True
            if self._is_waiting and self._task is not None:
                self._task.cancel()


_admissions: set[Admission] = set()
_task: asyncio.Task[None] | None = None
_news: asyncio.Event | None = None
_loop: asyncio.AbstractEventLoop | None = None


@contextmanager
def admit(credential: Credential) -> Iterator[Admission]:
    """Hold somebody who was let in, for as long as the block runs."""
    global _task, _news, _loop
    admission = Admission(credential)
    _admissions.add(admission)
    if _task is None:
        _loop, _news = asyncio.get_running_loop(), asyncio.Event()
        _task = _loop.create_task(_run(_news), context=Context())
    try:
        yield admission
    finally:
        _admissions.discard(admission)
        if not _admissions and _task is not None:
            _task.cancel()
            _task = _news = _loop = None


async def _run(news: asyncio.Event) -> None:
    listener = asyncio.create_task(pubsub.listen(BELL, news))
    try:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), POLL_SECONDS)
            news.clear()
            try:
                withdrawn = await database.run(invalid, {each.credential for each in _admissions})
                for admission in [each for each in _admissions if each.credential in withdrawn]:
                    admission.withdraw()
            except Exception:
                logger.exception("It could not be looked who may still be here; it is tried again.")
            await asyncio.sleep(APART_SECONDS)
    finally:
        listener.cancel()


def invalid(credentials: Collection[Credential]) -> set[Credential]:
    """Return by which nobody would be let in again: barred, revoked, expired, signed out, with another password.

    Three queries, however many they are.
    """
    users = User.objects.filter(pk__in={each.user_id for each in credentials}, is_active=True)
    passwords = dict(users.values_list("pk", "password"))
    keys = {each.api_key_id for each in credentials if each.api_key_id is not None}
    valid = set(ApiKey.in_force().filter(pk__in=keys).values_list("pk", flat=True))
    names = {each.session for each in credentials if each.session}
    begun = Session.objects.filter(pk__in=names, expire_date__gt=timezone.now())
    sessions = set(begun.values_list("pk", flat=True))

    def is_valid(each: Credential) -> bool:
        if each.api_key_id is not None:
            return each.user_id in passwords and each.api_key_id in valid
        return each.session in sessions and passwords.get(each.user_id) == each.password

    return {each for each in credentials if not is_valid(each)}


def ring() -> None:
    """Somebody may have lost access: have all processes look, once the transaction is committed. Not on an event loop.

    Rows that are saved or deleted ring by themselves; whoever updates many at once calls this.
    """
    transaction.on_commit(_ring)


def _ring() -> None:
    loop, news = _loop, _news
    if loop is not None and news is not None:
        # It may have ended since.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(news.set)
    if settings.REDIS_URL:
        async_to_sync(pubsub.ring)([BELL])


@receiver(post_save, sender=User)
@receiver(post_save, sender=ApiKey)
@receiver(post_delete, sender=User)
@receiver(post_delete, sender=ApiKey)
@receiver(post_delete, sender=Session)
def _ring_on_change(sender: type, *, created: bool = False, update_fields: Any = None, **signal: Any) -> None:
    if created or (sender is User and update_fields is not None and not FIELDS & set(update_fields)):
        return
    ring()
