"""The OpenID Connect provider by which people may sign in, read from `OIDC_…`."""

from dataclasses import dataclass
from typing import Any, Final

from chatsite.configuration.environment import Environment

NEEDED: Final = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
TOGETHER: Final = f"{', '.join(NEEDED[:-1])} and {NEEDED[-1]} must be set together, or not at all."
# What django-allauth has room for in the name of a provider.
ISSUER_CHARS: Final = 200
TOO_LONG: Final = f"OIDC_ISSUER must have no more than {ISSUER_CHARS} characters."


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """An OpenID Connect provider, as the operator named it."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    groups_claim: str

    @property
    def app(self) -> dict[str, Any]:
        """What django-allauth wants to know of it.

        The issuer is the provider's name there: people are known by issuer and subject together, so that another
        issuer, which gives out subjects of its own, does not sign anybody in to an account of the one before.
        """
        return {
            "provider_id": self.issuer,
            "name": self.name,
            "client_id": self.client_id,
            "secret": self.client_secret,
            "settings": {"server_url": self.issuer, "oauth_pkce_enabled": True},
        }


def openid_provider(env: Environment) -> OpenIdProvider | None:
    """Return the provider, None where none is named or something is wrong, which is then a problem of `env`."""
    issuer = env.url("OIDC_ISSUER", {"http", "https"}).rstrip("/")
    given = [name for name in NEEDED if env.text(name)]
    if given and len(given) < len(NEEDED):
        env.problems.append(TOGETHER)
        return None
    if len(issuer) > ISSUER_CHARS:
        env.problems.append(TOO_LONG)
        return None
    if not issuer:
        return None
    return OpenIdProvider(
        issuer,
        env.text("OIDC_CLIENT_ID"),
        env.text("OIDC_CLIENT_SECRET"),
        env.text("OIDC_NAME", "OpenID Connect"),
        env.text("OIDC_GROUPS_CLAIM"),
    )
