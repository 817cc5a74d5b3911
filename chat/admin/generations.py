"""Generations in the admin: how each answer went."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from chat.admin.paginator import CappedModelAdmin
from chat.admin.reading import may_read
from chat.admin.readonly import ReadOnly
from chat.errors import LADDER
from chat.models import Generation
from chat.views import formatting

# Requests that are turned down before anything is written have no generation.
REFUSED: Final = {"invalid_request", "unauthenticated", "forbidden", "not_found", "conflict", "too_large"}
CODES: Final = [code for code in LADDER if code not in REFUSED]

# A title is made of the first question, parameters hold schemas, and providers quote what they refuse.
TEXTS: Final = ("conversation", "parameters", "error_message")


class ErrorFilter(admin.SimpleListFilter):
    """By the codes a generation can end with, without a scan of the table for the ones in use."""

    title = "error"
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("any", "any error"), ("none", "no error"), *((code, code) for code in CODES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None:
                return queryset
            case "any":
                return queryset.exclude(error_type="")
            case "none":
                return queryset.filter(error_type="")
            case code:
                return queryset.filter(error_type=code)


@admin.register(Generation)
class GenerationAdmin(ReadOnly, CappedModelAdmin):
    list_display = ("when", "owner", "model", "outcome", "first_token", "duration")
    list_filter = ("message__status", ErrorFilter, ("created_at", admin.DateFieldListFilter))
    list_select_related = ("owner", "model", "message")
    search_fields = ("owner__username", "model__name", "error_message")
    sortable_by = ()
    fields = (
        "id",
        "owner",
        "conversation",
        "model",
        "status",
        "parameters",
        "error_type",
        "error_message",
        "first_token",
        "duration",
        "created_at",
        "finished_at",
        "request_id",
    )

    def get_fields(self, request: HttpRequest, obj: Generation | None = None) -> Any:
        """Without the right to read conversations there are no words of theirs, and none that quote them."""
        return tuple(name for name in self.fields if name not in TEXTS or may_read(request))

    def get_search_fields(self, request: HttpRequest) -> Any:
        return tuple(name for name in self.search_fields if name not in TEXTS or may_read(request))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        if lookup.startswith(TEXTS) and not (request and may_read(request)):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Generation]:
        heavy = ("message__content", "message__reasoning", "message__tool_calls")
        return super().get_queryset(request).defer(*heavy)

    @admin.display(description="when (UTC)", ordering="created_at")
    def when(self, generation: Generation) -> str:
        return formatting.moment(generation.created_at)

    @admin.display(description="ended")
    def outcome(self, generation: Generation) -> str:
        return generation.error_type or generation.message.status

    @admin.display(ordering="message__status")
    def status(self, generation: Generation) -> str:
        return generation.message.get_status_display()

    @admin.display
    def conversation(self, generation: Generation) -> str:
        return str(generation.message.conversation)

    @admin.display(description="first token")
    def first_token(self, generation: Generation) -> str:
        return formatting.seconds(generation.ttft_seconds)

    @admin.display(description="took")
    def duration(self, generation: Generation) -> str:
        return formatting.seconds(generation.elapsed_seconds)
