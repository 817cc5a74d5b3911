"""The ledger in the admin: every attempt, to be read only."""

from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from chat.admin.generations import ErrorFilter
from chat.admin.paginator import CappedModelAdmin
from chat.admin.readonly import ReadOnly
from chat.models import ChatModel, Correction, UsageRecord
from chat.usage.price_context import context_of
from chat.views import formatting

# Columns that tell who it was.
PEOPLE: Final = ("username", "user_id", "api_key_name", "api_key_id")


def sees_people(request: HttpRequest) -> bool:
    """Whether this user sees names of people in the ledger: that takes more than the right to view it."""
    return request.user.has_perm("auth.view_user")


class ModelFilter(admin.SimpleListFilter):
    """By the models there are now: finding all that ever were would scan the whole ledger."""

    title = parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, name) for name in ChatModel.objects.values_list("name", flat=True).order_by("name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(model=self.value()) if self.value() else queryset


# What was corrected has a cost.
CORRECTED: Final = Q(Exists(Correction.objects.filter(record=OuterRef("pk"))))


class CostFilter(admin.SimpleListFilter):
    title = parameter_name = "cost"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("known", "known"),
            ("told", "the provider's own"),
            ("unpriced", "no price"),
            ("uncosted", "not counted, or a part has no price"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "known":
                return queryset.filter(Q(cost__isnull=False) | CORRECTED)
            case "told":
                return queryset.filter(~CORRECTED, price__isnull=True, cost__isnull=False)
            case "unpriced":
                return queryset.filter(~CORRECTED, price__isnull=True, cost__isnull=True)
            case "uncosted":
                return queryset.filter(~CORRECTED, price__isnull=False, cost__isnull=True)
            case _:
                return queryset


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnly, CappedModelAdmin):
    list_display = ("when", "username", "model", "charged_by", "tokens", "amount", "ending")
    list_filter = (("created_at", admin.DateFieldListFilter), ModelFilter, "kind", CostFilter, "source", ErrorFilter)
    search_fields = ("username", "model", "api_key_name")
    search_help_text = "A user, a model, an API key's name, or the id of a conversation, message or generation."
    # The ledger is long: only the order its index keeps.
    sortable_by = ("when",)
    change_list_template = "admin/chat/usagerecord/change_list.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[UsageRecord], search_term: str
    ) -> tuple[QuerySet[UsageRecord], bool]:
        try:
            name = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(Q(conversation_id=name) | Q(generation_id=name) | Q(message_id=name)), False

    def get_list_display(self, request: HttpRequest) -> Any:
        return [name for name in self.list_display if name not in PEOPLE or sees_people(request)]

    def get_search_fields(self, request: HttpRequest) -> Any:
        return [name for name in self.search_fields if name not in PEOPLE or sees_people(request)]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        if lookup.startswith(PEOPLE) and not (request and sees_people(request)):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UsageRecord]:
        return UsageRecord.objects.corrected()

    def get_fields(self, request: HttpRequest, obj: UsageRecord | None = None) -> list[Any]:
        shown = {
            "input_cost": "input_amount",
            "output_cost": "output_amount",
            "search_cost": "search_amount",
            "cost": "amount",
            "cache_saving": "saving",
            "provider_cost": "told",
        }
        names = [field.name for field in self.opts.fields if field.name not in PEOPLE or sees_people(request)]
        return [shown.get(name, name) for name in names] + ["pace"]

    @admin.display(description="when (UTC)", ordering="created_at")
    def when(self, record: UsageRecord) -> str:
        return formatting.moment(record.created_at)

    @admin.display(description="tokens in / out")
    def tokens(self, record: UsageRecord) -> str:
        counts = f"{formatting.count(record.prompt_tokens)} / {formatting.count(record.completion_tokens)}"
        estimated = record.source == UsageRecord.Source.ESTIMATED and record.prompt_tokens is not None
        return f"≈ {counts}" if estimated else counts

    @admin.display(description="cost")
    def amount(self, record: UsageRecord) -> str:
        cost, currency = record.charged
        at_first = formatting.money(record.cost, record.currency)
        if record.price_id is None:
            at_first = "no price" if record.cost is None else f"{at_first} (the provider's own)"
        if record.currency_now is None:
            return at_first
        return f"{formatting.money(cost, currency)} (at first {at_first})"

    @admin.display(description="input cost at first")
    def input_amount(self, record: UsageRecord) -> str:
        return formatting.money(record.input_cost, record.currency)

    @admin.display(description="output cost at first")
    def output_amount(self, record: UsageRecord) -> str:
        return formatting.money(record.output_cost, record.currency)

    @admin.display(description="search cost at first")
    def search_amount(self, record: UsageRecord) -> str:
        return formatting.money(record.search_cost, record.currency)

    @admin.display(description="saved by the cache")
    def saving(self, record: UsageRecord) -> str:
        return formatting.money(record.cache_saving, record.currency)

    @admin.display(description="the provider's own price")
    def told(self, record: UsageRecord) -> str:
        return formatting.money(record.provider_cost, "USD")

    @admin.display(description="charged by")
    def charged_by(self, record: UsageRecord) -> str:
        return context_of(record)

    @admin.display(description="ended")
    def ending(self, record: UsageRecord) -> str:
        end = record.error_type or record.finish_reason
        return f"{end}: {record.finish_detail}" if record.finish_detail else end

    @admin.display(description="tokens/s")
    def pace(self, record: UsageRecord) -> str:
        return formatting.UNKNOWN if record.tokens_per_second is None else f"{record.tokens_per_second:.0f}"
