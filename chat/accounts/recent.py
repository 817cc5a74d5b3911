"""What asks that somebody has proved a short while ago who they are: a browser left open is not enough for it."""

from collections.abc import Callable
from functools import wraps
from time import time
from typing import Any, TypeVar

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

Request = TypeVar("Request", bound=HttpRequest)


def is_recent(request: HttpRequest) -> bool:
    """Whether somebody has signed in, or confirmed that it is them, within five minutes."""
    records = get_authentication_records(request, request.user)
    return any(time() - each["at"] < app_settings.REAUTHENTICATION_TIMEOUT for each in records)


def require_recent(request: HttpRequest) -> None:
    """Lead whoever has not proved who they are within five minutes to where they may, and back; raises what does so.

    Not for a POST: what is kept until somebody has confirmed might be done when they confirm something else.
    """
    if not is_recent(request):
        # The account's adapter knows where to.
        raise ReauthenticationRequired


def recently_authenticated(view: Callable[[Request], HttpResponseBase]) -> Callable[[Request], HttpResponseBase]:
    """Let only those to a view who have proved who they are within five minutes.

    django-allauth's own does not take having signed in for an answer.
    """

    @wraps(view)
    @login_required
    def guarded(request: Any) -> HttpResponseBase:
        if request.method == "POST" and not is_recent(request):
            return redirect(request.path)
        require_recent(request)
        return view(request)

    return guarded
