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


def recently_authenticated(view: Callable[[Request], HttpResponseBase]) -> Callable[[Request], HttpResponseBase]:
    """Let only those to a view who have proved who they are within five minutes.

    django-allauth's own does not take having signed in for an answer.
    """

    @wraps(view)
    @login_required
    def guarded(request: Any) -> HttpResponseBase:
        if is_recent(request):
            return view(request)
        if request.method == "POST":
            # What is kept until somebody has confirmed might be done when they confirm something else.
            return redirect(request.path)
        # The account's adapter knows where to.
        raise ReauthenticationRequired

    return guarded
