"""The link that this browser has opened: its hash waits in the session, the token stays out of addresses and logs."""

from typing import Final, TypeVar

from django.http import HttpRequest

from chat.models import Invitation, PasswordLink
from chat.models.access import token_hash

KEYS: Final[dict[type, str]] = {Invitation: "invitation", PasswordLink: "password_link"}
T = TypeVar("T", Invitation, PasswordLink)


def remember(request: HttpRequest, kind: type[Invitation] | type[PasswordLink], token: str) -> None:
    """Keep which link was opened."""
    request.session[KEYS[kind]] = token_hash(token)


def opened(request: HttpRequest, kind: type[T]) -> T | None:
    """Return the link that this browser opened last, open or not; None where there is none."""
    known = request.session.get(KEYS[kind])
    return kind._default_manager.filter(hash=known).first() if known else None


def invitation(request: HttpRequest) -> Invitation | None:
    """Return the invitation that this browser has opened, if it lets somebody in."""
    found = opened(request, Invitation)
    return found if found is not None and found.state == "open" else None


def forget(request: HttpRequest) -> None:
    """Forget every link that was opened."""
    for key in KEYS.values():
        request.session.pop(key, None)
