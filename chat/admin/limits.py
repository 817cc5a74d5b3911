"""Rate limits in the admin: exceptions from what the settings say."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chat.admin.generic import ModelAdmin
from chat.models import RateLimit


@admin.register(RateLimit)
class RateLimitAdmin(ModelAdmin[RateLimit]):
    list_display = ("whose", "messages_per_minute", "streams")
    list_editable = ("messages_per_minute", "streams")
    list_select_related = ("user", "group")
    search_fields = ("user__username", "group__name")
    autocomplete_fields = ("user", "group")
    fields = ("user", "group", "messages_per_minute", "streams")

    def get_readonly_fields(self, request: HttpRequest, obj: RateLimit | None = None) -> Any:
        return ("user", "group") if obj else ()

    @admin.display(description="who")
    def whose(self, limit: RateLimit) -> str:
        return str(limit)
