"""Who has which password: as many hashes for a name that nobody has as for one that somebody has."""

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from django.contrib.auth.models import User
from django.http import HttpRequest


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Looks at each account's password once.

    django-allauth's own asks by address, by name, and by address again. A wrong password for an address that somebody
    has took twice as long as for one that nobody has, and so told which have an account.
    """

    def _authenticate(
        self,
        request: HttpRequest | None,
        username: str = "",
        email: str = "",
        password: str = "",
        **credentials: object,
    ) -> User | None:
        typed = username or email
        if not typed:
            return None
        by_address = filter_users_by_email(typed, prefer_verified=True, for_login=True)
        by_name = get_user_by_username(typed)
        for user in dict.fromkeys([*by_address, *([by_name] if by_name else [])]):
            if self._check_password(user, password):
                return user  # type: ignore[no-any-return]
        return None
