"""`/settings/`: its sections, each a page of its own."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings as config
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the settings: the name of its route, and its title. `address` is empty where there is none yet."""

    route: str
    title: str

    @property
    def address(self) -> str:
        try:
            return reverse(self.route)
        except NoReverseMatch:
            return ""


# In the order of the navigation.
SECTIONS: Final = (
    Section("settings_profile", "Profile"),
    Section("settings_password", "Password"),
    Section("settings_two_factor", "Two-factor"),
    Section("settings_sessions", "Sessions"),
    Section("settings_keys", "API keys"),
    Section("settings_data", "Your data"),
)
# After the second factor: the provider that one can sign in with.
CONNECTION_PLACE: Final = 3


def present() -> list[Section]:
    """Return the sections that have a route, and something to be set."""
    sections = [section for section in SECTIONS if section.address]
    if config.OIDC_ISSUER:
        sections.insert(CONNECTION_PLACE, Section("socialaccount_connections", config.OIDC_NAME))
    return sections


@require_safe
@never_cache
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """Lead to the first section."""
    return redirect(present()[0].address)
