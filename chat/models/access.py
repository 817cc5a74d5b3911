"""Who may come in without a password: API keys, and the first admin once. Only hashes are stored."""

import hashlib
import secrets
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

PREFIX_CHARS = 11


def token_hash(token: str) -> str:
    """SHA-256 in hex. The tokens carry 256 random bits, so a slow password hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiKey(models.Model):
    """A key for programs, `Authorization: Bearer <key>`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, default="key")
    prefix = models.CharField(max_length=PREFIX_CHARS, editable=False, help_text="The key's first characters.")
    hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="From then on the key opens nothing.")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(cls, user: User, name: str) -> tuple[Self, str]:
        """Make a key. Returns the row and the key itself, which exists nowhere else."""
        key = f"cs-{secrets.token_urlsafe(32)}"
        return cls.objects.create(user=user, name=name, prefix=key[:PREFIX_CHARS], hash=token_hash(key)), key

    @classmethod
    def find(cls, key: str) -> Self | None:
        """Return the row of a key that is in force and whose user is active, with its user."""
        return (
            cls.objects.select_related("user")
            .filter(hash=token_hash(key), revoked_at__isnull=True, user__is_active=True)
            .first()
        )


class SetupToken(models.Model):
    """The one-time right to make the first admin. There is at most one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="setup_token_is_one")]

    def __str__(self) -> str:
        return "used" if self.used_at else "open"

    @classmethod
    def issue(cls) -> str | None:
        """Return the token; None once somebody is there who can sign in.

        It comes from the site's secret key: all copies of a site print one link, and so does one that is restarted.
        """
        if not cls.is_open():
            return None
        token = salted_hmac("chat.setup", "first admin", algorithm="sha256").hexdigest()
        cls.objects.update_or_create(id=1, defaults={"hash": token_hash(token), "used_at": None})
        return token

    @classmethod
    def is_open(cls) -> bool:
        """Whether the first admin is still to be made."""
        return not User.objects.exists()

    @classmethod
    def matches(cls, token: str) -> bool:
        """Whether `token` is the one that was printed and nobody has used it."""
        return cls.is_open() and cls.objects.filter(hash=token_hash(token), used_at__isnull=True).exists()

    @classmethod
    def redeem(cls, token: str, username: str, password: str) -> User | None:
        """Make the first admin, in one transaction; None if the token is wrong or was used.

        The update takes the row's lock: of any number of attempts at once exactly one sees it unused.
        """
        with transaction.atomic():
            unused = cls.objects.filter(hash=token_hash(token), used_at__isnull=True)
            if not unused.update(used_at=timezone.now()) or not cls.is_open():
                return None
            return User.objects.create_superuser(username, password=password)
