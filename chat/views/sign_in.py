"""Signing in and mail: django-allauth's pages with what ours need; the admin's sign-in page leads there."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.utils import get_next_redirect_url
from allauth.account.views import EmailView, LoginView, SignupView, password_reset
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.accounts import invited
from chat.models import SetupToken


def ways(request: HttpRequest) -> dict[str, Any]:
    """Return for a page's template which other ways in there are: their addresses, empty where there are none."""
    openid = ""
    if settings.OIDC_ISSUER:
        target = request.GET.get(REDIRECT_FIELD_NAME)
        openid = reverse("openid_connect_login", kwargs={"provider_id": settings.OIDC_ISSUER})
        openid += f"?{urlencode({REDIRECT_FIELD_NAME: target})}" if target else ""
    return {"openid": openid, "openid_name": settings.OIDC_NAME, "signup_open": settings.CHAT_SIGNUP == "open"}


class Login(LoginView):  # type: ignore[misc]
    """One card: name, password, or a passkey."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "setup_open": SetupToken.is_open(), **ways(self.request)}


login = Login.as_view()


class Email(EmailView):  # type: ignore[misc]
    """One's mail address, and the one that waits to be confirmed."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "mail": bool(settings.EMAIL_URL)}


email = Email.as_view()


class Signup(SignupView):  # type: ignore[misc]
    """An account of one's own, where `CHAT_SIGNUP` lets everybody make one; who was invited has a page of their own."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated and invited.invitation(request) is not None:
            return redirect("invitation")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def closed(self) -> HttpResponse:
        return render(self.request, "account/signup_closed.html", status=403)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "mail": bool(settings.EMAIL_URL), **ways(self.request)}


signup = never_cache(Signup.as_view())


@never_cache
def forgotten(request: HttpRequest) -> HttpResponseBase:
    """Ask for the address to send a link to; say whom to ask where the site sends no mail."""
    if not settings.EMAIL_URL:
        return render(request, "account/password_reset_no_mail.html")
    response: HttpResponseBase = password_reset(request)
    return response


@require_safe
@never_cache
@login_required
def again(request: HttpRequest) -> HttpResponse:
    """For who has neither a password nor a second factor: sign out, in again, and come back to `next`."""
    return render(request, "account/again.html", {"back": get_next_redirect_url(request)})


@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """Lead to the one sign-in page. Django's own page of the admin would ask for no second factor.

    Raises PermissionDenied to who has signed in and is no staff: signing in again would not help.
    """
    target = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
    if not isinstance(request.user, User):
        return redirect(f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: target})}")
    if not request.user.is_staff:
        raise PermissionDenied
    is_here = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if is_here else reverse("admin:index"))
