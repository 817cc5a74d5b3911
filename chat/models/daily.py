"""What was used on each day: sums over the ledger, kept in the same transaction as its rows."""

from typing import Any, Final

from django.db import models
from django.db.models import Q

from chat.models.usage import UsageRecord

# Upper ends of the histogram's buckets in seconds, each a quarter above the one before; the last bucket has none.
# `usage/latency.py` tells quantiles from it.
TTFT_ENDS: Final = tuple(round(0.064 * 1.25**number, 4) for number in range(31))
TTFT_FIELDS: Final = tuple(f"ttft_{number:02}" for number in range(len(TTFT_ENDS) + 1))
# What tells the rows apart.
KEYS: Final = (
    "grain",
    "day",
    "provider",
    "model",
    "user_id",
    "username",
    "group",
    "api_key_id",
    "api_key_name",
    "source",
    "kind",
    "currency",
)


class Grains(models.Manager["DailyTotal"]):
    """The rows of one grain."""

    def __init__(self, grain: str | None = None) -> None:
        super().__init__()
        self._grain = grain

    def get_queryset(self) -> models.QuerySet["DailyTotal"]:
        rows = super().get_queryset()
        return rows if self._grain is None else rows.filter(grain=self._grain)


class DailyTotal(models.Model):
    """The sums of one day (UTC) for one combination of who, what and how.

    Each request is counted once in each grain: `objects` has everything; `by_model` knows provider and model,
    `by_group` the group besides; `by_user` knows user and group, `by_provider` the provider besides. What a grain does
    not know is empty there (0 for an id). The coarse ones answer in milliseconds what would need a look at every
    combination. Sum up one grain, never all.

    Tokens and cost are NULL where no request knew its own. The cost is `cost_millionths` · 10⁻⁶ + `cost_rest` · 10⁻¹²
    (`money.joined`), corrections included, on the day of the request.
    """

    class Grain(models.TextChoices):
        FINEST = "finest"
        MODEL = "model"
        GROUP = "group"
        USER = "user"
        PROVIDER = "provider"

    grain = models.CharField(max_length=8, choices=Grain.choices)
    day = models.DateField()
    user_id = models.BigIntegerField(default=0)
    username = models.CharField(max_length=150, blank=True)
    group = models.CharField(max_length=150, blank=True)
    provider = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=200, blank=True)
    api_key_id = models.BigIntegerField(default=0, help_text="0: no key.")
    api_key_name = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=10, choices=UsageRecord.Source.choices)
    kind = models.CharField(max_length=6, choices=UsageRecord.Kind.choices, blank=True)
    currency = models.CharField(max_length=3)
    requests = models.IntegerField(db_default=0)
    errors = models.IntegerField(db_default=0)
    unpriced = models.IntegerField(db_default=0, help_text="Requests that nobody had a price for.")
    uncosted = models.IntegerField(
        db_default=0, help_text="Somebody had, but what was used is not known, or a part of it has no price."
    )
    prompt_tokens = models.BigIntegerField(null=True)
    cached_tokens = models.BigIntegerField(null=True)
    cache_write_tokens = models.BigIntegerField(null=True)
    completion_tokens = models.BigIntegerField(null=True)
    reasoning_tokens = models.BigIntegerField(null=True)
    cost_millionths = models.BigIntegerField(null=True)
    cost_rest = models.BigIntegerField(null=True)
    elapsed_ms = models.BigIntegerField(db_default=0)

    objects = Grains(Grain.FINEST)
    by_model = Grains(Grain.MODEL)
    by_group = Grains(Grain.GROUP)
    by_user = Grains(Grain.USER)
    by_provider = Grains(Grain.PROVIDER)
    every_grain = Grains()

    class Meta:
        ordering = ["-day", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=KEYS,
                name="daily_total_once",
            ),
        ]
        indexes = [
            models.Index(fields=["user_id", "day"], condition=Q(grain="finest"), name="daily_total_of_user"),
            models.Index(fields=["model", "day"], condition=Q(grain="finest"), name="daily_total_of_model"),
            models.Index(fields=["provider", "day"], condition=Q(grain="provider"), name="daily_total_of_provider"),
            models.Index(
                fields=["api_key_id", "day"],
                condition=Q(grain="finest", api_key_id__gt=0),
                name="daily_total_of_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} · {self.username or self.model}"


_ONLY_FINEST: Final = {"api_key_id": 0, "api_key_name": "", "kind": ""}
# What each grain has in the place of what it does not know.
UNKNOWN: Final[dict[DailyTotal.Grain, dict[str, Any]]] = {
    DailyTotal.Grain.FINEST: {},
    DailyTotal.Grain.MODEL: {"user_id": 0, "username": "", "group": "", **_ONLY_FINEST},
    DailyTotal.Grain.GROUP: {"user_id": 0, "username": "", **_ONLY_FINEST},
    DailyTotal.Grain.USER: {"provider": "", "model": "", **_ONLY_FINEST},
    DailyTotal.Grain.PROVIDER: {"model": "", **_ONLY_FINEST},
}

for _field in TTFT_FIELDS:
    DailyTotal.add_to_class(_field, models.IntegerField(db_default=0))
