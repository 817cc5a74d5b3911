"""What was learnt of how many tokens a model makes of a text (`chat/usage/estimate.py`)."""

from django.db import models


class Vocabulary(models.Model):
    """What a model's provider-reported counts have taught about its tokens (`chat/usage/estimate.py`)."""

    provider = models.CharField(max_length=50)
    model = models.CharField(max_length=200)
    answers = models.PositiveIntegerField(default=0, help_text="How many reports it was learnt from.")
    lessons = models.JSONField(default=dict, help_text="Weighted sums over the texts and their counts.")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "vocabularies"
        constraints = [models.UniqueConstraint(fields=["provider", "model"], name="vocabulary_once_per_model")]

    def __str__(self) -> str:
        return f"{self.provider} · {self.model}"
