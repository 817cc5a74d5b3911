"""What an OpenID Connect provider tells of somebody, made fit to be kept."""

from typing import Any, Final

from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest

# Source: OpenID Connect Core 1.0, section 5.1. Those that an account is made of are texts, whatever else is told.
TEXTS: Final = ("email", "preferred_username", "name", "given_name", "family_name", "picture", "user_id")
# Longer ones say nothing of a person, and a database has no room for them.
MOST_CHARS: Final = 10_000
# What django-allauth has room for; the standard has 255.
SUBJECT_CHARS: Final = 191
MOST_LEVELS: Final = 20
# A database takes only so many names at once; nobody is in more groups.
MOST_NAMES: Final = 1000


def storable(value: Any, levels: int = MOST_LEVELS) -> Any:
    """Return a JSON value that every database takes: no NUL, no half characters, nothing too long or too deep."""
    if isinstance(value, str):
        return value[:MOST_CHARS].replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, dict | list) and not levels:
        return None
    if isinstance(value, dict):
        return {storable(name): storable(part, levels - 1) for name, part in value.items()}
    if isinstance(value, list):
        return [storable(part, levels - 1) for part in value]
    return value


def fit(claims: Any) -> dict[str, Any]:
    """Return the claims of one answer. Raises OAuth2Error for one that names nobody."""
    if not isinstance(claims, dict):
        raise OAuth2Error("The provider told no claims.")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARS or storable(subject) != subject:
        raise OAuth2Error("The provider told no subject that can be kept.")
    return {name: value for name, value in storable(claims).items() if name not in TEXTS or isinstance(value, str)}


class ClaimsAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Takes the provider's two answers about somebody, if both are about the same."""

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Raises OAuth2Error as OpenID Connect Core 1.0, section 5.3.2 wants: else one token could be swapped."""
        login = super().complete_login(request, app, token, **kwargs)
        told = login.account.extra_data
        if "id_token" in told and "userinfo" in told and told["id_token"]["sub"] != told["userinfo"]["sub"]:
            raise OAuth2Error("The provider's two answers are about two people.")
        return login

    def _fetch_user_info(self, access_token: str) -> dict[str, Any]:
        return fit(super()._fetch_user_info(access_token))

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        return fit(super()._decode_id_token(app, id_token))


def claims_of(sociallogin: SocialLogin) -> dict[str, Any]:
    """Return what the provider told: the ID token's claims, under those of its userinfo."""
    data = sociallogin.account.extra_data or {}
    parts = [data.get("id_token"), data.get("userinfo")]
    return {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}


def group_names(claims: dict[str, Any], path: str) -> set[str]:
    """Return the names in a claim: a list, or one. Dots lead into objects, as in `realm_access.roles`.

    A claim that is missing names none: providers leave out what is empty.
    """
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, str):
        return {value}
    return {each for each in value[:MOST_NAMES] if isinstance(each, str)} if isinstance(value, list) else set()
