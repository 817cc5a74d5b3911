"""System checks: a misconfiguration is said at start, in words, with an id."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def environment(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Report each environment variable that did not parse."""
    return [
        Error(problem, hint="See the settings table in README.md.", id="chat.E001")
        for problem in settings.ENVIRONMENT_PROBLEMS
    ]
