"""What was charged otherwise later: the ledger's rows stay as they are, a correction stands beside its row."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat.models.append_only import AppendOnly
from chat.models.money import MoneyField


class Correction(AppendOnly):
    """Another cost for a row of the ledger, at another price; the newest one of a row counts."""

    record = models.ForeignKey("chat.UsageRecord", models.PROTECT, related_name="corrections")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    price = models.ForeignKey("chat.Price", models.PROTECT, related_name="+")
    cost_before = MoneyField(null=True, help_text="What counted until then; empty: unknown.")
    currency_before = models.CharField(max_length=3)
    input_cost = MoneyField()
    output_cost = MoneyField()
    search_cost = MoneyField(null=True, help_text="Of web searches; empty: none were made.")
    cost = MoneyField()
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cost=F("input_cost") + F("output_cost") + Coalesce(F("search_cost"), 0)),
                name="correction_is_the_sum",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id}: {self.cost_before} → {self.cost} {self.currency}"
