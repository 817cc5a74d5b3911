"""System checks: a misconfiguration is said at start, in words, with an id."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.db import DatabaseError

from chat.models import ChatModel

# How many files a warning names.
NAMED: Final = 5


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
def metrics_token(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Warn where the figures of the site can be had by guessing."""
    if not settings.CHAT_METRICS_TOKEN_WEAKNESS:
        return []
    hint = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'; or unset it for staff alone."
    return [checks.Warning(f"CHAT_METRICS_TOKEN {settings.CHAT_METRICS_TOKEN_WEAKNESS}.", hint=hint, id="chat.W005")]


@register()
def mail(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Warn where the mail server's password can be read on the way."""
    if not settings.EMAIL_TELLS_PASSWORD:
        return []
    hint = "smtp+tls:// (port 587) and smtps:// (port 465) encrypt it."
    return [checks.Warning("EMAIL_URL sends its password to another machine in the clear.", hint=hint, id="chat.W004")]


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


@register()
def open_files(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Warn of what others on this machine may read or write of the site's data."""
    databases = [
        Path(each["NAME"])
        for each in settings.DATABASES.values()
        if each["ENGINE"].endswith("sqlite3") and each["NAME"]
    ]
    found = _open_paths(Path(settings.DATA_DIR), databases)
    if not found:
        return []
    named = ", ".join(map(str, found[:NAMED])) + (f" and {len(found) - NAMED} more" if len(found) > NAMED else "")
    hint = f"chmod -R go= {settings.DATA_DIR}, and the same for a database that lies elsewhere."
    return [checks.Warning(f"Others on this machine may read or write: {named}.", hint=hint, id="chat.W003")]


def _open_paths(directory: Path, databases: Iterable[Path] = ()) -> list[Path]:
    """Return what others may read or write: the directory, what lies in it, and databases with what SQLite keeps
    beside them. Links are not followed, and their own mode means nothing."""
    found = {directory, *_below(directory)}
    for database in databases:
        found |= {database.with_name(database.name + ending) for ending in ("", "-wal", "-shm", "-journal")}
    return sorted(path for path in found if _is_open(path))


def _below(directory: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(directory):
        yield from (Path(folder, name) for name in (*folders, *files))


def _is_open(path: Path) -> bool:
    with suppress(OSError):
        mode = path.lstat().st_mode
        return not stat.S_ISLNK(mode) and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
    return False
