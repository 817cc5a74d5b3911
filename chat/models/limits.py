"""Rate limits of some users and groups, instead of those in the settings."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q


class RateLimit(models.Model):
    """For a user, or for each member of a group. Empty is what the settings say, 0 is no limit."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="rate_limit"
    )
    group = models.OneToOneField(
        "auth.Group", models.CASCADE, null=True, blank=True, related_name="rate_limit", help_text="For each member."
    )
    messages_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="0 is no limit.")
    streams = models.PositiveIntegerField(
        "answers at once", null=True, blank=True, help_text="Empty is what the settings say, 0 is no limit."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True, group__isnull=False) | Q(user__isnull=False, group__isnull=True),
                name="rate_limit_is_of_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user or self.group)

    def clean(self) -> None:
        if (self.user_id is None) == (self.group_id is None):
            raise ValidationError("Choose a user or a group.")

    @classmethod
    def holding_for(cls, user_id: int) -> list[Self]:
        """Return those of a user, the user's own first. One query where there are none at all."""
        if not cls.objects.exists():
            return []
        groups = Group.objects.filter(user=user_id).order_by().values("pk")
        rows = cls.objects.filter(Q(user=user_id) | Q(group__in=groups))
        return sorted(rows, key=lambda row: row.user_id is None)
