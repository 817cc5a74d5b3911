"""Accounts that go: the owner of one that is to be deleted may keep it, and nothing else; whose is gone is led out."""

from time import time
from typing import Final

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from chat.models import AccountDeletion

# In the session of somebody who is signed out: whose account they may keep, and until when.
LEAVING: Final = "leaving"
LEAVING_SECONDS: Final = 10 * 60


def offer(request: HttpRequest, user: User) -> HttpResponseRedirect:
    """Lead somebody who has just proved who they are to where they can keep their account."""
    request.session[LEAVING] = [user.pk, time() + LEAVING_SECONDS]
    return HttpResponseRedirect(reverse("settings_keep"))


def is_gone(request: HttpRequest, error: Exception) -> bool:
    """Whether a request failed because its account was deleted meanwhile; the session goes, too, then."""
    if not isinstance(error, DatabaseError) or request.user.pk is None:
        return False
    if User.objects.filter(pk=request.user.pk).exists():
        return False
    request.session.flush()
    return True


def offered(request: HttpRequest) -> AccountDeletion | None:
    """Return the deletion that whoever asks may take back."""
    user_id, until = request.session.get(LEAVING, (0, 0))
    if until < time():
        return None
    return AccountDeletion.objects.filter(user=user_id, user__is_active=False, claimed_at__isnull=True).first()
