"""Accounts that are to be deleted: their owner has a week to take it back."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
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


@receiver(post_save, sender=User)
def _forget_plan(instance: User, raw: bool, update_fields: Collection[str] | None, **signal: Any) -> None:
    """Whom an admin lets in again has no deletion to take back: who is barred after that stays out."""
    is_told = update_fields is None or "is_active" in update_fields
    if instance.is_active and is_told and not raw:
        AccountDeletion.objects.filter(user=instance, claimed_at__isnull=True).delete()
