"""Pictures that models made."""

import uuid

from django.db import models
from django.utils import timezone


class Picture(models.Model):
    """A picture in an answer, which shows it by its address. It goes with its message."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="pictures")
    media_type = models.CharField(max_length=50)
    data = models.BinaryField()
    size = models.PositiveIntegerField(help_text="In bytes.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What it is called when it is kept as a file."""
        return f"picture.{self.media_type.rpartition('/')[2]}"
