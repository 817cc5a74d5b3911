"""`/settings/`: its sections, each a page of its own."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings as config
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the settings: the name of its route, and its title."""

    route: str
    title: str

    @property
    def address(self) -> str:
        return reverse(self.route)


# In the order of the navigation.
SECTIONS: Final = (
    Section("settings_profile", "Profile"),
    Section("account_change_password", "Password"),
    Section("mfa_index", "Two-factor"),
    Section("usersessions_list", "Sessions"),
    Section("settings_keys", "API keys"),
    Section("settings_data", "Your data"),
)
# After the second factor: the provider that one can sign in with.
CONNECTION_PLACE: Final = 3


def present() -> list[Section]:
    """Return the sections that have something to be set."""
    sections = list(SECTIONS)
    if config.OIDC_ISSUER:
        sections.insert(CONNECTION_PLACE, Section("socialaccount_connections", config.OIDC_NAME))
    return sections


@require_safe
@never_cache
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """Lead to the first section."""
    return redirect(present()[0].address)
