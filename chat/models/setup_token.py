"""The link that makes the first admin."""

import secrets

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from chat.models.access import token_hash


class SetupToken(models.Model):
    """The one-time right to make the first admin. There is at most one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    # Random, and never used again: with the site's secret key it makes the token, so that neither alone does.
    seed = models.CharField(max_length=64, default="", editable=False)
    hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="setup_token_is_one")]

    def __str__(self) -> str:
        return "used" if self.used_at else "open"

    @classmethod
    def issue(cls) -> str | None:
        """Return the token; None once somebody is there who can sign in, and then no link opens anything any more.

        All copies of a site print one link, and so does one that is restarted, until it is used: one that is needed
        again after that, because everybody was removed, is another.
        """
        with transaction.atomic():
            cls.objects.get_or_create(id=1, defaults={"hash": ""})
            row = cls.objects.select_for_update().get(id=1)
            if not cls.is_open():
                cls.objects.filter(used_at__isnull=True).update(used_at=timezone.now())
                return None
            if not row.seed or row.used_at:
                row.seed, row.used_at = secrets.token_hex(32), None
            token = salted_hmac("chat.setup", row.seed, algorithm="sha256").hexdigest()
            row.hash = token_hash(token)
            row.save()
            return token

    @classmethod
    def is_open(cls) -> bool:
        """Whether the first admin is still to be made."""
        return not User.objects.exists()

    @classmethod
    def matches(cls, token: str) -> bool:
        """Whether `token` is the one that was printed and nobody has used it."""
        row = cls.objects.filter(used_at__isnull=True).first()
        # Hashes are compared: how long that takes tells nothing of the token.
        return row is not None and constant_time_compare(row.hash, token_hash(token)) and cls.is_open()

    @classmethod
    def redeem(cls, token: str, username: str, password: str) -> User | None:
        """Make the first admin, in one transaction; None if the token is wrong or was used.

        The row is locked: of any number of attempts at once exactly one sees it unused.
        """
        with transaction.atomic():
            row = cls.objects.select_for_update().filter(used_at__isnull=True).first()
            if row is None or not constant_time_compare(row.hash, token_hash(token)) or not cls.is_open():
                return None
            row.used_at = timezone.now()
            row.save(update_fields=["used_at"])
            return User.objects.create_superuser(username, password=password)
