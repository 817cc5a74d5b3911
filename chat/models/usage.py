"""The ledger: what every attempt that reached a provider used, and what it cost. Append-only."""

from decimal import Decimal
from typing import Final, Self

from django.apps import apps
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat.models.append_only import AppendOnly, AppendOnlyRows
from chat.models.money import MoneyField
from chat.models.shallow_json import ShallowJSONField

# Whose rows are that belonged to people who have deleted their accounts. No user has this id.
FORMER_USER_ID: Final = 0
FORMER_USER: Final = "a former user"


def tokens_per_second(tokens: int | None, elapsed_seconds: float | None, ttft_seconds: float | None) -> float | None:
    """Return the pace from the first token to the end; None where a part of it is unknown."""
    if not tokens or elapsed_seconds is None or ttft_seconds is None or elapsed_seconds <= ttft_seconds:
        return None
    return round(tokens / (elapsed_seconds - ttft_seconds), 2)


class UsageRecordQuerySet(AppendOnlyRows["UsageRecord"]):
    """Ways to the ledger."""

    def corrected(self) -> Self:
        """With `cost_now` and `currency_now`: what counts after all corrections; None where there is none."""
        newest = apps.get_model("chat", "Correction").objects.filter(record=OuterRef("pk")).order_by("-pk")
        return self.annotate(
            cost_now=Subquery(newest.values("cost")[:1]), currency_now=Subquery(newest.values("currency")[:1])
        )


class UsageRecord(AppendOnly):
    """One attempt, told by what things were called then: it outlives its chat, its user and its model."""

    class Source(models.TextChoices):
        PROVIDER = "provider"
        ESTIMATED = "estimated"

    class Kind(models.TextChoices):
        ANSWER = "answer"
        TITLE = "title"

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    asked_at = models.DateTimeField(
        null=True, editable=False, help_text="When the request was made: the price of that moment holds."
    )
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.ANSWER, help_text="What it was asked for.")
    user_id = models.BigIntegerField()
    username = models.CharField(max_length=150)
    group = models.CharField(max_length=150, blank=True, help_text="The group that pays: the user's first by name.")
    api_key_id = models.BigIntegerField(null=True)
    api_key_name = models.CharField(max_length=100, blank=True)
    conversation_id = models.UUIDField()
    message_id = models.UUIDField()
    generation_id = models.UUIDField()
    attempt = models.PositiveIntegerField(default=1)
    provider = models.CharField(max_length=50)
    model = models.CharField(max_length=200)
    prompt_tokens = models.PositiveIntegerField(null=True)
    cached_tokens = models.PositiveIntegerField(null=True)
    cache_write_tokens = models.PositiveIntegerField(null=True)
    long_cache_write_tokens = models.PositiveIntegerField(null=True, help_text="Of those, kept for an hour.")
    cache_write_lifetimes = ShallowJSONField(null=True, help_text="Of those, by how long they are kept.")
    completion_tokens = models.PositiveIntegerField(null=True)
    reasoning_tokens = models.PositiveIntegerField(null=True)
    web_searches = models.PositiveIntegerField(null=True)
    service_tier = models.CharField(
        max_length=50, blank=True, default="", db_default="", help_text="What the provider says it charged by."
    )
    speed = models.CharField(max_length=50, blank=True, default="", db_default="")
    inference_geo = models.CharField(max_length=50, blank=True, default="", db_default="")
    input_cost = MoneyField(null=True)
    output_cost = MoneyField(null=True)
    search_cost = MoneyField(null=True, help_text="Of web searches; empty: none were made.")
    cost = MoneyField(null=True, help_text="Empty: there is no price for it.")
    currency = models.CharField(max_length=3)
    cache_saving = MoneyField(
        null=True, help_text="What tokens from and to the cache would have cost more as other input."
    )
    provider_cost = MoneyField(null=True, help_text="The provider's own price for the request, in US dollars.")
    price = models.ForeignKey("chat.Price", models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=Source.choices)
    finish_reason = models.CharField(max_length=14, blank=True)
    finish_detail = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="The provider's own word for another end."
    )
    error_type = models.CharField(max_length=20, blank=True)
    ttft_seconds = models.FloatField(null=True)
    elapsed_seconds = models.FloatField()

    objects = UsageRecordQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="usage_newest"),
            models.Index(fields=["conversation_id"], name="usage_of_conversation"),
            models.Index(fields=["user_id", "created_at"], name="usage_of_user"),
            models.Index(
                fields=["api_key_id", "created_at"], condition=Q(api_key_id__isnull=False), name="usage_of_key"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["generation_id", "attempt"], name="usage_once_per_attempt"),
            models.CheckConstraint(condition=Q(source__in=["provider", "estimated"]), name="usage_source_known"),
            models.CheckConstraint(condition=Q(kind__in=["answer", "title"]), name="usage_kind_known"),
            models.CheckConstraint(
                condition=Q(price__isnull=False)
                | Q(price__isnull=True, cost__isnull=True)
                # Where no price is known, the provider's own counts.
                | Q(price__isnull=True, provider_cost__isnull=False, cost=F("provider_cost"), currency="USD"),
                name="usage_cost_has_price",
            ),
            models.CheckConstraint(
                condition=Q(
                    cost__isnull=True, input_cost__isnull=True, output_cost__isnull=True, search_cost__isnull=True
                )
                | Q(price__isnull=True, input_cost__isnull=True, output_cost__isnull=True, search_cost__isnull=True)
                | Q(
                    cost__isnull=False,
                    input_cost__isnull=False,
                    output_cost__isnull=False,
                    cost=F("input_cost") + F("output_cost") + Coalesce(F("search_cost"), 0),
                ),
                name="usage_cost_is_the_sum",
            ),
            models.CheckConstraint(
                condition=Q(provider_cost__isnull=True) | Q(provider_cost__gte=0),
                name="usage_provider_cost_not_negative",
            ),
        ]

    # Set by `corrected`: what the newest correction says, if there is one.
    cost_now: Decimal | None = None
    currency_now: str | None = None

    def __str__(self) -> str:
        # Without the user: not all who see the ledger may see people.
        return f"{self.model} · {self.generation_id}/{self.attempt}"

    @property
    def charged(self) -> tuple[Decimal | None, str]:
        """What it costs after all corrections, in which currency; of rows that `corrected` gave, else at first."""
        return (self.cost, self.currency) if self.currency_now is None else (self.cost_now, self.currency_now)

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens per second; None where unknown."""
        return tokens_per_second(self.completion_tokens, self.elapsed_seconds, self.ttft_seconds)
