"""The decisions that django-allauth leaves to the site."""

from typing import Any, Final
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from chat import deletion
from chat.accounts import names, post
from chat.accounts.leaving import offer
from chat.accounts.recent import is_recent

REPLACED: Final = "allauth.account.stages.EmailVerificationStage"
MISMATCH: Final = "That name and password do not go together. Capital letters matter."


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """`CHAT_SIGNUP` decides who makes an account; addresses to go on to are of this very host; our words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "incorrect_password": "That is not your password. Capital letters matter.",
        "enter_current_password": "That is not your password. Capital letters matter.",
        "username_taken": names.TAKEN,
        "email_taken": "Another account has that address.",
        "incorrect_code": "That code is not right. Codes change every 30 seconds.",
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count nothing: signing in has a brake of its own. What stands in the settings is for second factors."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether the form is there for everybody. Invitations have a page of their own."""
        return bool(settings.CHAT_SIGNUP == "open")

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return a name as it is kept. Names that a provider told are not chosen, and may be mail addresses."""
        username = names.plain(username)
        if not shallow:
            names.refuse_mail_address(username)
        kept: str = super().clean_username(username, shallow=shallow)
        return kept

    def set_password(self, user: User, password: str) -> None:
        """Store a password and nothing else: hashing takes a while, and who was barred meanwhile stays so."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def get_login_stages(self) -> list[str]:
        ours = "chat.accounts.stage.FirstConfirmation"
        return [ours if stage == REPLACED else stage for stage in super().get_login_stages()]

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Where one may confirm that it is oneself. Who has nothing to confirm it with signs in again."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        again = {"id": "sign_in_again", "description": "Sign in again", "url": reverse("sign_in_again")}
        return ways or ([again] if user.is_authenticated else [])

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """For who has nothing to confirm it with, having signed in a moment ago is enough."""
        request = context.request
        if super().get_reauthentication_methods(request.user):
            return bool(super().is_reauthentication_required(app=app, **kwargs))
        return not is_recent(request)

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Have a message sent; who looks at the page does not wait for it."""
        if settings.EMAIL_URL:
            host = self.request.get_host() if self.request else ""
            post.send(self.render_mail(template_prefix, email, {"email": email, "host": host, **context}))

    def is_safe_url(self, url: str | None) -> bool:
        """Whether a page may lead there: to this host, over the protocol it came by, and not back to the sign-in."""
        request = context.request
        if not url or urlsplit(url).path == reverse("account_login"):
            return False
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponseBase:
        """Let in nobody; who is about to lose their account by their own wish may keep it."""
        if deletion.is_scheduled(user):
            return offer(request, user)
        answer: HttpResponseBase = super().respond_user_inactive(request, user)
        return answer

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Keep what is worth telling on the next page; that somebody has signed in or out is seen."""
        if message_template in {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}:
            return
        super().add_message(request, level, message_template, *args, **kwargs)
