"""Counters of failed attempts."""

from django.db import models


class Throttle(models.Model):
    """When a name, an address or a device will have all its attempts again.

    Each failed attempt moves the time on (the generic cell rate algorithm, with one number a row). Who it is about is
    stored as a keyed hash: people type their passwords where their names belong. Rows in the past mean nothing.
    """

    key = models.CharField(max_length=64, primary_key=True)
    full_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"full at {self.full_at:%Y-%m-%d %H:%M:%S}"
