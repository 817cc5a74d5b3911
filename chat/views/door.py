"""Signing in and mail: django-allauth's pages with what ours need, and the admin's door, which leads there."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.views import EmailView, LoginView
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from chat.models import SetupToken


class Login(LoginView):  # type: ignore[misc]
    """One card: name, password, or a passkey."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "setup_open": SetupToken.is_open()}


login = Login.as_view()


class Email(EmailView):  # type: ignore[misc]
    """One's mail address, and the one that waits to be confirmed."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "mail": bool(settings.EMAIL_URL)}


email = Email.as_view()


@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """Lead to the one door. Django's own page of the admin would ask for no second factor.

    Raises PermissionDenied to who has signed in and is no staff: signing in again would not help.
    """
    target = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
    if not isinstance(request.user, User):
        return redirect(f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: target})}")
    if not request.user.is_staff:
        raise PermissionDenied
    is_here = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if is_here else reverse("admin:index"))
