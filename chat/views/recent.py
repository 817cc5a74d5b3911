"""What asks that somebody has signed in a short while ago: a browser left open is not enough for it."""

from collections.abc import Callable
from functools import wraps
from time import time
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib.auth import authenticate, user_logged_in
from django.contrib.auth.decorators import login_required
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chat.views.pages import SignedInRequest

RECENT_SECONDS: Final = 10 * 60
# In the session: when its owner last proved who they are, in seconds since 1970.
PROVED_AT: Final = "proved_at"


class ConfirmForm(forms.Form):
    """The password, once more."""

    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


@receiver(user_logged_in)
def note(request: HttpRequest | None, **signal: Any) -> None:
    """Somebody has proved who they are."""
    if request is not None:
        request.session[PROVED_AT] = time()


def recently_authenticated(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let only those to a view who have signed in, or given their password again, within ten minutes."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, **captured: Any) -> HttpResponseBase:
        if time() - request.session.get(PROVED_AT, 0) < RECENT_SECONDS:
            return view(request, **captured)
        return redirect(f"{reverse('settings_confirm')}?{urlencode({'next': request.path})}")

    return guarded


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def confirm(request: SignedInRequest) -> HttpResponse:
    """Ask for the password, and lead to `next`."""
    form = ConfirmForm(request.POST or None)
    if form.is_valid():
        name, password = request.user.get_username(), form.cleaned_data["password"]
        if authenticate(request, username=name, password=password) == request.user:
            note(request)
            target = request.GET.get("next", "")
            is_here = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
            return redirect(target if is_here else "settings")
        form.add_error("password", "That is not your password. Capital letters matter.")
    return render(request, "settings/confirm.html", {"form": form})
