"""System checks: a misconfiguration is said at start, in words, with an id."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.db import DatabaseError

from chat.models import ChatModel


@register()
def environment(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Report each environment variable that did not parse."""
    return [
        Error(problem, hint="See the settings table in README.md.", id="chat.E001")
        for problem in settings.ENVIRONMENT_PROBLEMS
    ]


@register()
def timeouts(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Warn where the time for the first word can never pass."""
    if settings.CHAT_FIRST_TOKEN_TIMEOUT <= settings.CHAT_TOTAL_TIMEOUT:
        return []
    hint = "CHAT_TOTAL_TIMEOUT is for the whole answer, the wait for its first word included."
    message = "CHAT_FIRST_TOKEN_TIMEOUT is longer than CHAT_TOTAL_TIMEOUT, which ends an answer sooner."
    return [checks.Warning(message, hint=hint, id="chat.W002")]


@register()
def mail(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Warn where the mail server's password can be read on the way."""
    if not settings.EMAIL_TELLS_PASSWORD:
        return []
    hint = "smtp+tls:// (port 587) and smtps:// (port 465) encrypt it."
    return [checks.Warning("EMAIL_URL sends its password to another machine in the clear.", hint=hint, id="chat.W003")]


@register()
def title_model(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Warn where titles are wanted from a model that is not there."""
    name = settings.CHAT_TITLE_MODEL
    try:
        if not name or ChatModel.objects.filter(name=name, enabled=True).exists():
            return []
    except DatabaseError:
        # Before the first migration there is no list to look at.
        return []
    hint = "GET /api/models lists the names. Conversations keep their first words for a title."
    return [checks.Warning("CHAT_TITLE_MODEL names no model that can be used.", hint=hint, id="chat.W001")]
