"""`/accounts/invitation/` and `/accounts/new-password/`: links that an admin made, each for one use."""

import logging

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.signals import password_reset
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chat.accounts import invited
from chat.accounts.forms import JoinForm, SetPasswordForm
from chat.models import Invitation, PasswordLink
from chat.views.sign_in import ways

logger = logging.getLogger(__name__)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """One card: name, password, in. What cannot be used any more is a 410 that says why."""
    if token := request.GET.get("token"):
        invited.remember(request, Invitation, token)
        return redirect("invitation")
    if settings.CHAT_SIGNUP == "closed":
        return render(request, "account/signup_closed.html", {"invited": True}, status=403)
    found = invited.opened(request, Invitation)
    if found is None or found.state != "open":
        return _over(request, found)
    if request.user.is_authenticated:
        return render(request, "account/invitation_signed_in.html", status=409)
    form = JoinForm(request.POST or None, email=found.email)
    if form.is_valid():
        try:
            user = _join(found, form.cleaned_data["username"], form.cleaned_data["password"])
        except IntegrityError:
            form.add_error("username", get_adapter().error_messages["username_taken"])
        else:
            if user is None:
                return _over(request, invited.opened(request, Invitation))
            invited.forget(request)
            logger.info("User %d came by invitation %d", user.pk, found.pk)
            response: HttpResponse = perform_login(request, user, redirect_url=reverse("home"))
            return response
    return render(request, "account/invitation.html", {"form": form, "invitation": found, **ways(request)})


def _join(found: Invitation, username: str, password: str) -> User | None:
    """Make the account; None if the link was used or withdrawn meanwhile. Raises IntegrityError for a taken name."""
    # Others write while it is hashed.
    hashed = make_password(password)
    with transaction.atomic():
        return _make(found, username, hashed) if found.take() else None


def _make(found: Invitation, username: str, hashed: str) -> User:
    # Another account may have got the address since; then this one has none, and the invitation stays good.
    email = found.email.lower()
    if email and (User.objects.filter(email__iexact=email) | User.objects.filter(emailaddress__email=email)).exists():
        email = ""
    user = User.objects.create(username=User.normalize_username(username), email=email, password=hashed)
    if email:
        # The link went to that address, where mail is sent. Otherwise it is what an admin wrote.
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=bool(settings.EMAIL_URL))
    found.admit(user)
    return user


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """A new password for the account that an admin made the link for. It signs nobody in: a second factor stays one."""
    if token := request.GET.get("token"):
        invited.remember(request, PasswordLink, token)
        return redirect("new_password")
    found = invited.opened(request, PasswordLink)
    if found is None or found.state != "open":
        return _over(request, found)
    form = SetPasswordForm(user=found.user, data=request.POST or None)
    if form.is_valid():
        hashed = make_password(form.cleaned_data["password1"])
        with transaction.atomic():
            taken = found.take()
            if taken:
                found.user.password = hashed
                found.user.save(update_fields=["password"])
        if not taken:
            return _over(request, invited.opened(request, PasswordLink))
        invited.forget(request)
        logger.info("User %d has a new password by link %d", found.user.pk, found.pk)
        password_reset.send(sender=User, request=request, user=found.user)
        return redirect("account_reset_password_from_key_done")
    return render(request, "account/new_password.html", {"form": form, "link": found})


def _over(request: HttpRequest, found: Invitation | PasswordLink | None) -> HttpResponse:
    state = found.state if found else "unknown"
    kind = "password" if isinstance(found, PasswordLink) or request.path == reverse("new_password") else "invitation"
    return render(request, "account/link_over.html", {"state": state, "kind": kind}, status=410 if found else 404)
