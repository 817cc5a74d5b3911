"""The journal: what generations under way have said, appended a few times a second, folded away at the end."""

from django.db import models


class JournalEntry(models.Model):
    """What one generation said between two flushes. Append-only while it runs; gone once its message is written."""

    generation = models.ForeignKey("chat.Generation", models.CASCADE, related_name="journal")
    sequence = models.PositiveIntegerField(help_text="0 for the first entry of its generation, then one more each.")
    events = models.JSONField(help_text="The events in order, each as it goes to the browser.")

    class Meta:
        ordering = ["generation", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["generation", "sequence"], name="journal_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.generation_id}/{self.sequence}"
