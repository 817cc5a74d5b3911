"""What models cost, from when on."""

import re
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q, TextChoices
from django.utils import timezone

from chat.models.append_only import AppendOnly
from chat.models.catalog import ChatModel


def amount_field(help_text: str = "") -> "models.DecimalField[Any, Any]":
    """A price, per million tokens unless its name says otherwise; with a help text one that may be left out."""
    return models.DecimalField(
        max_digits=14,
        decimal_places=6,
        null=bool(help_text),
        blank=bool(help_text),
        validators=[MinValueValidator(Decimal(0))],
        help_text=help_text,
    )


def not_negative() -> Q:
    """The condition that no amount is below zero."""
    condition = Q(input_per_million__gte=0) & Q(output_per_million__gte=0)
    for name in ("cached_input_per_million", "cache_write_per_million", "long_cache_write_per_million"):
        condition &= Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0})
    return condition


_BY: Final = r"(?:inference_geo|service_tier|speed)=[^\s,=]+"
CONTEXT: Final = re.compile(rf"\A{_BY}(?:, {_BY})*\Z")


def validate_context(value: str) -> None:
    """Refuse what no request will ever be charged by."""
    words = value.split(", ")
    if not CONTEXT.match(value) or words != sorted(words) or value != value.lower():
        raise ValidationError(
            "Enter service_tier=, speed= or inference_geo= and the provider's word, such as service_tier=priority; "
            "several in this order: inference_geo=us, service_tier=priority, speed=fast."
        )


class Price(AppendOnly):
    """What a model costs from a moment on, per million tokens. A new price is a new row.

    `context` is by what else than its standard the provider charges, empty for the standard: each has prices of its
    own (`usage/pricelist.py` says which holds). A price by the hour says where its amounts come from: `per_hour` ÷
    `tokens_per_hour`, for tokens of either kind.
    """

    class Origin(TextChoices):
        BUNDLED = "genai-prices", "genai-prices"
        ADMIN = "admin", "entered by an admin"
        BUILT_IN = "built-in", "built in"

    model = models.ForeignKey(ChatModel, models.PROTECT, related_name="prices")
    context = models.CharField(
        "charged by",
        max_length=200,
        blank=True,
        default="",
        db_default="",
        validators=[validate_context],
        help_text="Empty: the standard price. A tier that the provider charges otherwise has a price of its own, such "
        "as service_tier=priority, service_tier=flex or speed=fast. Where you enter a standard price, tiers that you "
        "enter no price for have none: what they cost is unknown.",
    )
    valid_from = models.DateTimeField(default=timezone.now)
    input_per_million = amount_field()
    cached_input_per_million = amount_field("Empty: cached tokens cost what other input costs.")
    cache_write_per_million = amount_field("Empty: tokens written to the cache cost what other input costs.")
    long_cache_write_per_million = amount_field("Kept for an hour; empty: as others written to the cache.")
    output_per_million = amount_field()
    searches_per_thousand = amount_field(
        "For a thousand web searches. Empty: unknown, and so is the cost of a request that made some."
    )
    currency = models.CharField(max_length=3, default="USD")
    per_hour = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    tokens_per_hour = models.PositiveBigIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.ADMIN)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-valid_from", "-id"]
        indexes = [models.Index(fields=["model", "context", "-valid_from", "-id"], name="price_newest")]
        constraints = [
            models.CheckConstraint(condition=not_negative(), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(searches_per_thousand__isnull=True) | Q(searches_per_thousand__gte=0),
                name="price_of_searches_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(per_hour__isnull=True, tokens_per_hour__isnull=True)
                | Q(per_hour__isnull=False, per_hour__gte=0, tokens_per_hour__isnull=False, tokens_per_hour__gte=1),
                name="price_by_the_hour_is_whole",
            ),
        ]

    def __str__(self) -> str:
        amounts = f"{self.input_per_million.normalize():f} / {self.output_per_million.normalize():f} {self.currency}"
        return f"{amounts} ({self.context})" if self.context else amounts


class PriceTier(AppendOnly):
    """What all tokens of a request cost instead whose prompt is longer than `above_tokens`."""

    price = models.ForeignKey(Price, models.PROTECT, related_name="tiers")
    above_tokens = models.PositiveIntegerField(
        "prompts above", validators=[MinValueValidator(1)], help_text="All tokens of a request with a longer prompt."
    )
    input_per_million = amount_field()
    cached_input_per_million = amount_field("Empty: as other input.")
    cache_write_per_million = amount_field("Empty: as other input.")
    long_cache_write_per_million = amount_field("Empty: as others written.")
    output_per_million = amount_field()

    class Meta:
        ordering = ["above_tokens"]
        verbose_name = "tier for long prompts"
        verbose_name_plural = "tiers for long prompts"
        constraints = [
            models.UniqueConstraint(fields=["price", "above_tokens"], name="price_tier_once"),
            models.CheckConstraint(condition=not_negative() & Q(above_tokens__gte=1), name="price_tier_not_negative"),
        ]

    def __str__(self) -> str:
        return f"above {self.above_tokens:,} tokens"
