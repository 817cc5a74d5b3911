"""Sessions: when they were last seen, and how they end: with a changed password, and when their time is over."""

import asyncio
import logging
from contextlib import suppress
from importlib import import_module
from time import monotonic
from typing import Any, Final

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from chat import database, runtime

logger = logging.getLogger(__name__)

PURGE_SECONDS: Final = 24 * 3600
# A browser asks more often than is worth writing down.
SEEN_SECONDS: Final = 5 * 60
# Of so many sessions this process remembers when it last wrote that; 40 characters each.
REMEMBERED: Final = 10_000


class SessionsSeen:
    """When this process last noted the use of each session, by its key, in monotonic seconds."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}


def note_use(session_key: str) -> None:
    """Keep when a session was last seen, to five minutes."""
    now = monotonic()
    seen = runtime.part(SessionsSeen).at
    if not session_key or now - seen.get(session_key, -SEEN_SECONDS) < SEEN_SECONDS:
        return
    if len(seen) >= REMEMBERED:
        seen.clear()
    seen[session_key] = now
    # It is good to know, and nothing to fail for.
    with suppress(DatabaseError):
        UserSession.objects.filter(session_key=session_key).update(last_seen_at=timezone.now())


def end(sessions: list[UserSession]) -> None:
    """End these sessions: their cookies open nothing any more, in no process."""
    for session in sessions:
        session.end()


def end_others(user: User, request: HttpRequest) -> None:
    """End all sessions of a person but the one that asks."""
    end([each for each in UserSession.objects.filter(user=user) if each.session_key != request.session.session_key])


def end_with_password(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever changes a password may do so because another one knows it."""
    end_others(user, request)


def purge() -> int:
    """Delete expired sessions, and what is kept about sessions that are gone. Returns the number of the latter."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    gone = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    number, _ = gone.delete()
    return int(number)


async def watch() -> None:
    """Purge now and once a day, until cancelled."""
    while True:
        try:
            await database.run(purge)
        except Exception:
            logger.exception("Expired sessions could not be purged; tried again tomorrow")
        await asyncio.sleep(PURGE_SECONDS)


def connect() -> None:
    """Have sessions end with the password they began with."""
    for signal in (password_changed, password_set, password_reset):
        signal.connect(end_with_password, dispatch_uid=f"{__name__}.end_with_password")
