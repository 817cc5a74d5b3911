"""Access without a password: API keys. Only hashes are stored."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone

from chat.models.shallow_json import ShallowJSONField

PREFIX_CHARS = 11
# How often the time of a key's last use is written at most.
APART: Final = timedelta(minutes=1)


def token_hash(token: str) -> str:
    """SHA-256 in hex. The tokens carry 256 random bits, so a slow password hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


class Scope(TextChoices):
    """What a key may be used for, of what its user may do."""

    CHAT = "chat", "chat: ask, and everything about one's own conversations"
    USAGE = "usage", "usage: what one has used, and one's budgets"
    ADMIN = "admin", "admin: the site's ledger and metrics, for keys of staff"


# A key that looks at everybody's usage has to be asked for.
USUAL_SCOPES: Final = (Scope.CHAT.value, Scope.USAGE.value)


def usual_scopes() -> list[str]:
    """The scopes of a key for which nobody chose any."""
    return list(USUAL_SCOPES)


def validate_scopes(value: Any) -> None:
    """Refuse what is not a list of scopes."""
    if not isinstance(value, list) or not value or not all(scope in Scope.values for scope in value):
        raise ValidationError(f"Scopes are a list of {', '.join(Scope.values)}.")


class ApiKey(models.Model):
    """A key for programs, `Authorization: Bearer <key>`.

    It opens no more than its user may do, no more than its scopes, and nothing from `expires_at` on.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, default="key")
    prefix = models.CharField(max_length=PREFIX_CHARS, editable=False, help_text="The key's first characters.")
    hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    scopes = ShallowJSONField(default=usual_scopes, validators=[validate_scopes])
    expires_at = models.DateTimeField(
        "expires (UTC)", null=True, blank=True, help_text="From then on the key opens nothing. Empty: never."
    )
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="From then on the key opens nothing.")
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(
        cls,
        user: User,
        name: str,
        *,
        scopes: Collection[str] = USUAL_SCOPES,
        expires_at: datetime | None = None,
    ) -> tuple[Self, str]:
        """Make a key. Returns the row and the key itself, which exists nowhere else."""
        key = f"cs-{secrets.token_urlsafe(32)}"
        row = cls.objects.create(
            user=user,
            name=name,
            prefix=key[:PREFIX_CHARS],
            hash=token_hash(key),
            # In the order in which they are listed, each once.
            scopes=[scope for scope in Scope.values if scope in scopes],
            expires_at=expires_at,
        )
        return row, key

    @classmethod
    def find(cls, key: str) -> Self | None:
        """Return the row of a key that was not revoked and whose user is active, with its user; it may be expired."""
        unrevoked = cls.objects.select_related("user").filter(revoked_at__isnull=True, user__is_active=True)
        return unrevoked.filter(hash=token_hash(key)).first()

    @classmethod
    def in_force(cls) -> QuerySet[Self]:
        """Return the keys that open something now, if their users are active."""
        return cls.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at__isnull=True)

    def note_use(self) -> None:
        """Keep when it was last used, to the minute: a program asks more often than that is worth writing."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > APART:
            ApiKey.objects.filter(pk=self.pk).update(last_used_at=now)

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()
