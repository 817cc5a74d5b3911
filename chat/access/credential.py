"""What a request was authenticated by, and whether that is still valid."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from chat.models import ApiKey


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request was authenticated by: an API key, or a session with the hash of the password at that time."""

    user_id: int
    api_key_id: int | None = None
    session: str = ""
    password: str = ""


def invalid(credentials: Collection[Credential]) -> set[Credential]:
    """Return the credentials that are not valid any more: deactivated, revoked, expired, signed out, password changed.

    Three queries, however many they are.
    """
    users = User.objects.filter(pk__in={each.user_id for each in credentials}, is_active=True)
    passwords = dict(users.values_list("pk", "password"))
    keys = {each.api_key_id for each in credentials if each.api_key_id is not None}
    valid = set(ApiKey.in_force().filter(pk__in=keys).values_list("pk", flat=True))
    names = {each.session for each in credentials if each.session}
    begun = Session.objects.filter(pk__in=names, expire_date__gt=timezone.now())
    sessions = set(begun.values_list("pk", flat=True))

    def is_valid(each: Credential) -> bool:
        if each.api_key_id is not None:
            return each.user_id in passwords and each.api_key_id in valid
        return each.session in sessions and passwords.get(each.user_id) == each.password

    return {each for each in credentials if not is_valid(each)}
