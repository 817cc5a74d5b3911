"""Accounts that are to be deleted: their owner has a week to take it back."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone

TIME_TO_THINK: Final = timedelta(days=7)


class AccountDeletion(models.Model):
    """Somebody wants their account deleted. Until it is, the account is inactive; it goes with its user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="deletion")
    requested_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(db_index=True, help_text="From then on the server deletes it.")
    claimed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a process last said that it is deleting it."
    )

    class Meta:
        ordering = ["due_at"]

    def __str__(self) -> str:
        return f"{self.user}: {self.due_at:%Y-%m-%d}"
