"""Conversations in the admin: to be read and deleted, never rewritten."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from chat.admin.deletion import CountedDeletion
from chat.admin.generic import StackedInline
from chat.admin.paginator import CappedList, CappedModelAdmin
from chat.admin.reading import note_listing, note_reading
from chat.admin.readonly import ReadOnly
from chat.models import Conversation, Generation, Message
from chat.views import formatting

# What people wrote, or what was made of it.
TEXTS: Final = ("title", "system_prompt")


def without_words(conversation: Any) -> Any:
    """Call a row, which is never saved here, by its id where the admin reads nothing."""
    if conversation is not None and not settings.CHAT_ADMIN_READS:
        conversation.title = str(conversation.pk)
    return conversation


class MessageInline(ReadOnly, StackedInline[Message, Conversation]):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return settings.CHAT_ADMIN_READS and super().has_view_permission(request, obj)

    model = Message
    fields = ("role", "content", "reasoning", "status", "finish_reason", "model", "created_at")
    readonly_fields = fields
    template = "admin/chat/conversation/transcript.html"
    extra = 0


@admin.register(Message)
class MessageAdmin(ReadOnly, CappedModelAdmin):
    """What was said anywhere, to be found; it is read in its conversation."""

    list_display = ("beginning", "role", "status", "finish_reason", "model", "conversation", "when")
    list_display_links = ("beginning",)
    list_filter = ("role", "status", ("created_at", admin.DateFieldListFilter))
    list_select_related = ("conversation",)
    search_fields = ("content",)
    fields = ("id", "conversation", "parent", *MessageInline.fields)

    def has_view_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return settings.CHAT_ADMIN_READS and super().has_view_permission(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if response.status_code == HTTPStatus.OK:
            note_listing(request)
        return response

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().change_view(request, object_id, *args, **kwargs)
        found = self.get_object(request, object_id) if response.status_code == HTTPStatus.OK else None
        if found is not None:
            note_reading(request, found.conversation)
        return response

    @admin.display(description="message")
    def beginning(self, message: Message) -> str:
        return message.content[:80] or "(no text)"

    @admin.display(description="said (UTC)", ordering="created_at")
    def when(self, message: Message) -> str:
        return formatting.moment(message.created_at)


class ConversationList(CappedList):
    """Counts the messages of the page's conversations in one query, not those of the whole table."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        messages = Message.objects.filter(conversation__in=[row.pk for row in self.result_list]).order_by()
        totals = dict(messages.values_list("conversation").annotate(Count("pk")))
        for row in self.result_list:
            row.message_total = totals.get(row.pk, 0)
            without_words(row)


@admin.register(Conversation)
class ConversationAdmin(CountedDeletion, CappedModelAdmin):
    list_display = ("title_or_new", "owner", "model", "message_count", "when")
    list_display_links = ("title_or_new",)
    list_filter = ("archived", "pinned", "temporary", "title_origin", ("updated_at", admin.DateFieldListFilter))
    list_select_related = ("owner", "model")
    search_fields = ("title", "owner__username")
    date_hierarchy = "created_at"
    fields = (
        *("id", "title", "title_origin", "owner", "model", "system_prompt", "temperature", "max_tokens"),
        *("pinned", "archived", "temporary", "created_at", "updated_at", "deleted_at"),
    )
    inlines = (MessageInline,)

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.list_display if settings.CHAT_ADMIN_READS else ("pk", *self.list_display[1:])

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return list_display[:1]

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self.search_fields if settings.CHAT_ADMIN_READS else ("owner__username",)

    def get_fields(self, request: HttpRequest, obj: Conversation | None = None) -> Any:
        texts = () if settings.CHAT_ADMIN_READS else TEXTS
        return tuple(name for name in self.fields if name not in texts)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        if not settings.CHAT_ADMIN_READS and lookup.startswith(TEXTS) and not lookup.startswith("title_origin"):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().change_view(request, object_id, *args, **kwargs)
        found = self.get_object(request, object_id) if response.status_code == HTTPStatus.OK else None
        if found is not None and settings.CHAT_ADMIN_READS:
            note_reading(request, found)
        return response

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return without_words(super().get_object(request, object_id, from_field))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        for each in objs:
            without_words(each)
        return super().get_deleted_objects(objs, request)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        # What is gone shall not live on in the log by its first words, whatever the site allows later.
        for each in queryset:
            each.title = str(each.pk)
        return super().log_deletions(request, queryset)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ConversationList

    def belongings(self, objs: list[Any]) -> Iterable[QuerySet[Any]]:
        return (
            Message.objects.filter(conversation__in=objs),
            Generation.objects.filter(message__conversation__in=objs),
        )

    @admin.display(description="title", ordering="title")
    def title_or_new(self, conversation: Conversation) -> str:
        return f"{conversation} (deleted)" if conversation.deleted_at else str(conversation)

    @admin.display(description="last said (UTC)", ordering="updated_at")
    def when(self, conversation: Conversation) -> str:
        return formatting.moment(conversation.updated_at)

    @admin.display(description="messages")
    def message_count(self, conversation: Any) -> str:
        return formatting.count(conversation.message_total)
