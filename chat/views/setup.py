"""The first start: whoever holds the printed link makes the first admin."""

from typing import Any

from allauth.account.utils import perform_login
from django import forms
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chat.models import SetupToken

GONE = "Setup is done."


class SetupForm(forms.Form):
    """The first admin's name and password, under the rules that hold for everybody's."""

    username = UsernameField(label="Name", max_length=150, validators=[UnicodeUsernameValidator()])
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "password" in given:
            try:
                validate_password(given["password"], User(username=given.get("username", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """One card: name, password, done. 403 without the right token, 404 once somebody can sign in."""
    token = request.GET.get("token", "")
    if not SetupToken.is_open():
        return _gone(request, token)
    if not SetupToken.matches(token):
        # Between the two questions somebody else may have come in.
        if not SetupToken.is_open():
            return _gone(request, token)
        return render(request, "chat/setup_closed.html", status=403)
    form = SetupForm(request.POST or None)
    if not form.is_valid():
        return render(request, "chat/setup.html", {"form": form})
    admin = SetupToken.redeem(token, form.cleaned_data["username"], form.cleaned_data["password"])
    if admin is None:
        return _gone(request, token)
    response: HttpResponse = perform_login(request, admin, redirect_url=reverse("home"))
    return response


def _gone(request: HttpRequest, token: str) -> HttpResponse:
    """404; to whoever has a link, in words. They are the same for every link: nobody learns which was the right one."""
    if not token:
        raise Http404(GONE)
    return render(request, "chat/setup_gone.html", status=404)
