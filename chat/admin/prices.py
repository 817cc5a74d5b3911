"""Prices in the admin: added, never changed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import QuerySet, Sum
from django.forms import CharField, TextInput
from django.http import HttpRequest
from django.utils import timezone

from chat.admin.generic import BaseInlineFormSet, BaseModelAdmin, ModelAdmin, ModelForm, TabularInline
from chat.admin.readonly import ReadOnly
from chat.models import ChatModel, Correction, DailyTotal, Price, PriceTier
from chat.usage.cost import hourly
from chat.views import formatting

AMOUNTS: Final = (
    "input_per_million",
    "cached_input_per_million",
    "cache_write_per_million",
    "long_cache_write_per_million",
    "output_per_million",
)
BY_THE_HOUR: Final = ("per_hour", "tokens_per_hour")
MEASURED_DAYS: Final = 30
# So many prices are shown beside their model.
NEWEST: Final = 50


class PriceForm(ModelForm[Price]):
    """Amounts per million tokens, or what a machine costs an hour and how many tokens it does in one."""

    currency = CharField(
        initial="USD",
        widget=TextInput(attrs={"size": 4, "maxlength": 3}),
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", "Enter a currency's three capital letters, such as USD.")],
    )

    class Meta:
        model = Price
        fields = ("model", "context", *AMOUNTS, "searches_per_thousand", "currency", *BY_THE_HOUR, "valid_from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("input_per_million", "output_per_million"):
            if name in self.fields and BY_THE_HOUR[0] in self.fields:
                # Whether they may be left out is only known when all is there.
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        super().clean()
        found = self.cleaned_data
        # Left as offered it means now, not when the page was opened: a price may have been imported since.
        if "valid_from" not in self.changed_data:
            found["valid_from"] = timezone.now()
        if not self.errors and BY_THE_HOUR[0] in self.fields:
            self._clean_amounts(*(found.get(name) for name in BY_THE_HOUR))
        return found

    def _clean_amounts(self, per_hour: Decimal | None, tokens_per_hour: int | None) -> None:
        given = [name for name in AMOUNTS if self.cleaned_data.get(name) is not None]
        if per_hour is None and tokens_per_hour is None:
            for name in ("input_per_million", "output_per_million"):
                if name not in given:
                    self.add_error(name, "Enter a price; 0 is one.")
        elif per_hour is None or tokens_per_hour is None:
            self.add_error(
                "per_hour" if per_hour is None else "tokens_per_hour", "A price by the hour needs both of them."
            )
        elif per_hour < 0 or tokens_per_hour < 1:
            # The model's own fields say so.
            return
        elif given:
            self.add_error(given[0], "It follows from the price by the hour. Leave one of them empty.")
        else:
            amount = hourly(per_hour, tokens_per_hour)
            if amount.adjusted() >= 8:
                raise ValidationError("That is more per million tokens than can be stored.")
            self.cleaned_data |= {"input_per_million": amount, "output_per_million": amount}


class AppendOnlyPrices(BaseModelAdmin[Any]):
    """A new price is a new row; the old ones say what was charged, so they stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NewestPrices(BaseInlineFormSet[Price, ChatModel, ModelForm[Price]]):
    """Prices that go by the hour become many."""

    def get_queryset(self) -> QuerySet[Price]:
        return super().get_queryset()[:NEWEST]


class PriceInline(AppendOnlyPrices, TabularInline[Price, ChatModel]):
    model = Price
    form = PriceForm
    formset = NewestPrices
    extra = 0
    verbose_name_plural = "prices per million tokens"
    readonly_fields = ("origin",)
    fields = ("valid_from", "context", *AMOUNTS, "searches_per_thousand", "currency", "origin")


class TierInline(AppendOnlyPrices, TabularInline[PriceTier, Price]):
    model = PriceTier
    extra = 0
    fields = ("above_tokens", *AMOUNTS)


@admin.register(Price)
class PriceAdmin(AppendOnlyPrices, ModelAdmin[Price]):
    form = PriceForm
    list_display = ("model", "context", "input_rate", "cached_rate", "output_rate", "valid_from", "origin")
    list_filter = ("origin", ("valid_from", admin.DateFieldListFilter))
    list_select_related = ("model",)
    search_fields = ("model__name",)
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("model", "context", "valid_from", "currency")}),
        ("Per million tokens", {"fields": AMOUNTS}),
        ("Beside tokens", {"fields": ("searches_per_thousand",)}),
        (
            "Or by the hour, for a machine of your own",
            {
                "fields": BY_THE_HOUR,
                "description": "What the machine costs an hour, and how many tokens it does in one. Each token, read "
                "or written, then costs the same share of the hour. A machine that costs nothing is a price of 0.",
            },
        ),
    )
    inlines = (TierInline,)

    def get_form(self, request: HttpRequest, obj: Price | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        name = request.GET.get("model", "")
        model = ChatModel.objects.select_related("provider").filter(pk=name).first() if name.isdecimal() else None
        if "tokens_per_hour" in form.base_fields and model and (measured := measured_per_hour(model)):
            form.base_fields[
                "tokens_per_hour"
            ].help_text = f"Measured in the last {MEASURED_DAYS} days: {measured:,} in an hour of answering."
        return form

    @admin.display(description="input", ordering="input_per_million")
    def input_rate(self, price: Price) -> str:
        return formatting.rate(price.input_per_million, price.currency)

    @admin.display(description="cached input", ordering="cached_input_per_million")
    def cached_rate(self, price: Price) -> str:
        cached = price.cached_input_per_million
        return "as input" if cached is None else formatting.rate(cached, price.currency)

    @admin.display(description="output", ordering="output_per_million")
    def output_rate(self, price: Price) -> str:
        return formatting.rate(price.output_per_million, price.currency)


def measured_per_hour(model: ChatModel) -> int:
    """Return how many tokens of either kind a model did in an hour of answering lately; 0 where it did not."""
    since = timezone.now().date() - timedelta(days=MEASURED_DAYS)
    rows = DailyTotal.by_model.filter(provider=model.provider.name, model=model.name, day__gte=since)
    found = rows.aggregate(into=Sum("prompt_tokens"), out=Sum("completion_tokens"), ms=Sum("elapsed_ms"))
    return int(((found["into"] or 0) + (found["out"] or 0)) * 3_600_000 // found["ms"]) if found["ms"] else 0


@admin.register(Correction)
class CorrectionAdmin(ReadOnly, ModelAdmin[Correction]):
    """What was charged otherwise later."""

    list_display = ("when", "record", "before", "after", "price")
    list_select_related = ("record", "price")
    list_per_page = 50

    @admin.display(description="when (UTC)", ordering="created_at")
    def when(self, correction: Correction) -> str:
        return formatting.moment(correction.created_at)

    @admin.display(description="cost before")
    def before(self, correction: Correction) -> str:
        return formatting.money(correction.cost_before, correction.currency_before)

    @admin.display(description="cost")
    def after(self, correction: Correction) -> str:
        return formatting.money(correction.cost, correction.currency)
