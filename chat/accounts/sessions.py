"""Sessions that end: those of an account whose password was changed, and those whose time is over."""

import asyncio
import logging
from importlib import import_module
from typing import Any, Final

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from chat import database

logger = logging.getLogger(__name__)

PURGE_SECONDS: Final = 24 * 3600


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
