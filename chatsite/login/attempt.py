"""One attempt to sign in: the name, the address and the device it is counted for, and whether it succeeded."""

import logging
import re
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from secrets import token_urlsafe
from typing import Final, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from chat.access import throttle

logger = logging.getLogger(__name__)

# What is guessed, by the path that the form is sent to; the first match counts. Any other path guesses nothing.
GUESSED: Final = (
    ("logout", re.compile(r"^/accounts/logout/")),
    ("code", re.compile(r"^/accounts/(two-factor|passkey)/")),
    ("reset", re.compile(r"^/accounts/password/reset/")),
    ("mail", re.compile(r"^/settings/profile/email/")),
    ("account", re.compile(r"^/(accounts/(signup|confirm-email)|setup)/")),
    ("password", re.compile(r"^/(login|accounts|admin/(login|password_change)|settings/password)/")),
)
# Each of them costs something though there is nothing to be guessed: a mail, an account.
NEVER_GIVEN_BACK: Final = ("reset", "mail", "account")
# Where whose password or link it is stands in the form. Elsewhere it is theirs who have signed in, whatever is typed.
TYPED: Final = {"/accounts/login/": "login", "/accounts/password/reset/": "email"}
# A message that somebody has sent counts for them and for whoever gets it.
MAILED: Final = {"/settings/profile/email/": "email"}
# Says that somebody has signed in with this browser before. It grants nothing but a count of its own.
DEVICE_COOKIE: Final = "known_device"
DEVICE_SALT: Final = "chatsite.device"
DEVICE_SECONDS: Final = 180 * 24 * 3600
# Of a name in the log: enough to recognise one's own, too little of a password that was typed there by mistake.
SHOWN_CHARS: Final = 2


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """`counts` is what it was counted under, `wait` the seconds until it may be made; 0 if it may be made now."""

    kind: str
    name: str
    address: str
    counts: tuple[throttle.Count, ...]
    wait: float = 0.0

    @classmethod
    def begin(cls, request: HttpRequest) -> Self | None:
        """Count an attempt if a form's request is one; None if it is not. Asks the database."""
        kind = next((kind for kind, path in GUESSED if path.match(request.path_info)), "logout")
        if kind == "logout":
            return None
        names = _names(request, kind)
        address = request.META.get("REMOTE_ADDR", "")
        counts = _counts(request, kind, names, address)
        return cls(kind, next(iter(names), ""), address, counts, throttle.take(counts))

    @property
    def seconds(self) -> int:
        return ceil(self.wait)

    def end(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Give the attempt back if it was right or none at all; else say so in the log. Asks the database.

        Forms lead on when they are content, and are shown once more when not: a passkey's on the sign-in page. What
        was forged by another site, or turned away, has guessed nothing. An answer that failed may have told whether
        the password was right.
        """
        status = response.status_code
        is_right = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
        if self.kind == "code" and urlsplit(response.get("Location", "")).path == reverse("account_login"):
            is_right = False
        is_none = status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
        if is_none or (is_right and self.kind not in NEVER_GIVEN_BACK):
            throttle.give_back(self.counts)
        if is_right and self.kind in ("password", "code"):
            _remember_device(request, response)
        elif not is_right and not is_none:
            self.log("A sign-in failed")

    def log(self, what: str) -> None:
        """Write a line for people who watch, and for programs such as fail2ban that block addresses."""
        fields = {"client": self.address, "name": mask(self.name), "kind": self.kind}
        logger.warning(
            "%s: %s for %s from %s", what, self.kind, mask(self.name), self.address, extra={"fields": fields}
        )


def mask(name: str) -> str:
    """Return the beginning of a name, without what a terminal or a log would take for more than a letter."""
    return "".join(char for char in name[:SHOWN_CHARS] if char.isalnum()) + "***"


def _names(request: HttpRequest, kind: str) -> tuple[str, ...]:
    """Return whose password or code it is: whoever is typed, has signed in, or has said a password just now."""
    field = TYPED.get(request.path_info)
    if field is not None:
        return (str(request.POST.get(field, "")).strip(),)
    signed_in = (str(request.user.get_username()),) if request.user.is_authenticated else ()
    if mailed := MAILED.get(request.path_info):
        return (*signed_in, str(request.POST.get(mailed, "")).strip())
    if kind != "code":
        return signed_in
    # Both may be there, and the code may be either's.
    pending = request.session.get("account_login")
    return (*signed_in, *((str(pending.get("user_pk") or ""),) if isinstance(pending, dict) else ()))


def _counts(request: HttpRequest, kind: str, names: tuple[str, ...], address: str) -> tuple[throttle.Count, ...]:
    device = _device(request, names[0]) if kind == "password" and names else ""
    if device:
        # Somebody else's guesses, also from the same address, do not lock out who is known here.
        return (throttle.count("device", device, throttle.FROM_A_DEVICE),)
    rates = {
        "password": throttle.FOR_A_NAME,
        "code": throttle.FOR_A_CODE,
        "reset": throttle.OF_RESETS,
        "mail": throttle.OF_RESETS,
    }
    own = (throttle.count(kind, name, rates[kind]) for name in names if name and kind in rates)
    return (*own, throttle.from_address(address))


def _device(request: HttpRequest, name: str) -> str:
    """Return the device's name if the person of that name has signed in on it; empty if not."""
    try:
        pk, device = signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_SALT, max_age=DEVICE_SECONDS)
    except (signing.BadSignature, TypeError, ValueError):
        return ""
    user = User.objects.filter(pk=pk).first()
    known = {user.username.casefold(), user.email.casefold()} - {""} if user else set()
    return str(device) if name.strip().casefold() in known else ""


def _remember_device(request: HttpRequest, response: HttpResponseBase) -> None:
    user = request.user
    if not user.is_authenticated or _device(request, user.get_username()):
        return
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps([user.pk, token_urlsafe(12)], salt=DEVICE_SALT),
        max_age=DEVICE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
