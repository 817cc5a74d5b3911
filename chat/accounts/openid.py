"""Signing in with OpenID Connect: who becomes which account, and in which groups."""

import logging
from typing import TYPE_CHECKING, Any, Final

from allauth.account.internal.userkit import filter_users_by_email
from allauth.core.exceptions import ImmediateHttpResponse, SignupClosedException
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render

from chat.accounts import invited
from chat.accounts.claims import claims_of, group_names
from chat.models import ClaimedGroup

if TYPE_CHECKING:
    from requests import Session

logger = logging.getLogger(__name__)

PROBLEM: Final = "socialaccount/authentication_error.html"


class OpenIdAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """An account is found by issuer and subject alone, never by a mail address.

    Whoever can make a provider say an address would otherwise be whoever has that address here. Who has an account
    already connects the two in the settings, signed in.
    """

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "connected_other": "Somebody else's account is connected to that one.",
        "no_password": "Choose a password first: nothing else would let you in.",
        "disconnect_last": "Choose a password first: nothing else would let you in.",
    }

    def get_requests_session(self) -> "Session":
        from chat.accounts.issuer import Session

        return Session()

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        return False

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        if settings.CHAT_SIGNUP == "invite":
            return invited.invitation(request) is not None
        return bool(settings.CHAT_SIGNUP == "open")

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Return the account to be. An address that the provider has not confirmed is nobody's, and left out."""
        confirmed = [each for each in sociallogin.email_addresses if each.verified]
        sociallogin.email_addresses = confirmed
        email = confirmed[0].email if confirmed else ""
        user: User = super().populate_user(request, sociallogin, {**data, "email": email})
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        # What is kept of somebody is who they are there; the rest was for this moment.
        claims = claims_of(sociallogin)
        if sociallogin.is_existing:
            if sociallogin.state.get("process") != AuthProcess.CONNECT:
                keep_groups(sociallogin.user, claims)
            return
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            return
        taken = [each.email for each in sociallogin.email_addresses if filter_users_by_email(each.email)]
        if taken:
            context = {"name": settings.OIDC_NAME, "email": taken[0]}
            raise ImmediateHttpResponse(render(request, "socialaccount/taken.html", context, status=409))

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account, using up the invitation that let it in. Raises SignupClosedException if it is gone."""
        claims = claims_of(sociallogin)
        with transaction.atomic():
            invitation = invited.invitation(request)
            if invitation is None or not invitation.take():
                invitation = None
                if settings.CHAT_SIGNUP != "open":
                    raise SignupClosedException
            user: User = super().save_user(request, sociallogin, form)
            if invitation is not None:
                invitation.admit(user)
            keep_groups(user, claims)
        invited.forget(request)
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Show what went wrong in words, and log its class: what the provider said may hold a token."""
        if error == "cancelled":
            return
        from requests import RequestException

        unreachable = isinstance(exception, RequestException)
        logger.warning("Signing in with OpenID Connect failed: %s", type(exception or error).__name__)
        context = {"name": settings.OIDC_NAME, "unreachable": unreachable}
        raise ImmediateHttpResponse(render(request, PROBLEM, context, status=502 if unreachable else 401))


def keep_groups(user: User, claims: dict[str, Any]) -> None:
    """Put somebody into the groups that the claim names, and out of those it named before and does not any more.

    Only groups that are there count. Memberships that the claim never gave are left alone, and so is who is staff.
    """
    if not settings.OIDC_GROUPS_CLAIM:
        return
    with transaction.atomic():
        named = set(Group.objects.filter(name__in=group_names(claims, settings.OIDC_GROUPS_CLAIM)))
        before = {row.group for row in ClaimedGroup.objects.select_related("group").filter(user=user)}
        user.groups.remove(*(before - named))
        ClaimedGroup.objects.filter(user=user, group__in=before - named).delete()
        new = named - before - set(user.groups.all())
        user.groups.add(*new)
        ClaimedGroup.objects.bulk_create([ClaimedGroup(user=user, group=group) for group in new])
