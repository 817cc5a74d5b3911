"""Budgets in the admin: whose are near their end, and how to change them in place."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Case, F, FloatField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, NullIf
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from chat.admin.generic import ModelAdmin, ModelForm
from chat.budgets.status import NEAR_PERCENT
from chat.models import Budget, Price
from chat.models.budgets import TOKENS
from chat.models.money import UNIT
from chat.views import formatting


class NearFilter(admin.SimpleListFilter):
    """By how much of the amount is used."""

    title = "how much is used"
    parameter_name = "near"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("near", f"{NEAR_PERCENT} % or more"), ("over", "all of it")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        least = {"near": NEAR_PERCENT / 100, "over": 1.0}.get(self.value() or "")
        return queryset if least is None else queryset.filter(share__gte=least)


class BudgetForm(ModelForm[Budget]):
    class Meta:
        model = Budget
        fields = ("scope", "user", "group", "api_key", "amount", "unit", "period", "hard")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "unit" in self.fields:
            currencies = Price.objects.order_by("currency").values_list("currency", flat=True).distinct()
            units = [*sorted({"USD", *currencies}), TOKENS]
            self.fields["unit"] = forms.ChoiceField(
                choices=[(unit, unit) for unit in units], help_text=self.fields["unit"].help_text
            )


@admin.register(Budget)
class BudgetAdmin(ModelAdmin[Budget]):
    form = BudgetForm
    list_display = ("whose", "kind", "period", "amount", "unit", "hard", "used_now", "left", "percent")
    list_editable = ("amount", "hard")
    list_filter = (NearFilter, "scope", "period", "hard")
    list_select_related = ("user", "group", "api_key")
    search_fields = ("user__username", "group__name", "api_key__name")
    autocomplete_fields = ("user", "group", "api_key")

    class Media:
        css = {"all": ["chat/admin/admin.css"]}

    def get_fields(self, request: HttpRequest, obj: Budget | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("scope", "user", "group", "api_key", "amount", "unit", "period", "hard")
        return ("whose", "amount", "unit", "period", "hard", "used_now", "set_aside", "left", "percent", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> tuple[str, ...]:
        """What is counted so far is of this unit and this period: for others there is another budget."""
        if obj is None:
            return ()
        return ("whose", "unit", "period", "used_now", "set_aside", "left", "percent", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        now = timezone.now()
        day, month = Budget(period="day").begin_at(now), Budget(period="month").begin_at(now)
        is_current = Q(period="day", begins__gte=day) | Q(period="month", begins__gte=month)
        used = Case(When(is_current, then=Cast("used", FloatField())), default=Value(0.0), output_field=FloatField())
        unit = Case(When(unit=TOKENS, then=Value(1.0)), default=Value(float(UNIT)), output_field=FloatField())
        whole = NullIf(Cast("amount", FloatField()), Value(0.0))
        # An amount of nothing is always used up.
        share = Case(When(amount=0, then=Value(1.0)), default=used * unit / whole, output_field=FloatField())
        return super().get_queryset(request).annotate(share=share, reserved=Sum("reservations__amount"))

    @admin.display(description="who", ordering="scope")
    def whose(self, budget: Budget) -> str:
        return budget.whose

    @admin.display(description="kind", ordering="scope")
    def kind(self, budget: Budget) -> str:
        return {"user": "user", "group": "group", "key": "API key", "site": "site"}[budget.scope]

    @admin.display(description="used", ordering=F("share"))
    def used_now(self, budget: Budget) -> str:
        return self._amount(budget, budget.used_at(timezone.now()))

    @admin.display(description="set aside for answers under way")
    def set_aside(self, budget: Any) -> str:
        return self._amount(budget, int(budget.reserved or 0))

    @admin.display
    def left(self, budget: Any) -> str:
        return self._amount(budget, max(0, budget.limit - budget.used_at(timezone.now()) - int(budget.reserved or 0)))

    @admin.display(description="% used", ordering="share")
    def percent(self, budget: Any) -> str:
        text = formatting.share(budget.share)
        near = budget.share * 100 >= NEAR_PERCENT
        return format_html("<strong>{}</strong>", text) if near else text

    def _amount(self, budget: Budget, count: int) -> str:
        return formatting.count(count) if budget.in_tokens else formatting.money(budget.amount_of(count), budget.unit)
