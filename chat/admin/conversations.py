"""Conversations in the admin: to be read and deleted, never rewritten."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from chat.admin.deletion import CountedDeletion
from chat.admin.generic import StackedInline
from chat.admin.paginator import CappedList, CappedModelAdmin
from chat.admin.readonly import ReadOnly
from chat.models import Conversation, Generation, Message
from chat.views import figures


class MessageInline(ReadOnly, StackedInline[Message, Conversation]):
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

    @admin.display(description="message")
    def beginning(self, message: Message) -> str:
        return message.content[:80] or "(no text)"

    @admin.display(description="said (UTC)", ordering="created_at")
    def when(self, message: Message) -> str:
        return figures.moment(message.created_at)


class ConversationList(CappedList):
    """Counts the messages of the page's conversations in one query, not those of the whole table."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        messages = Message.objects.filter(conversation__in=[row.pk for row in self.result_list]).order_by()
        totals = dict(messages.values_list("conversation").annotate(Count("pk")))
        for row in self.result_list:
            row.message_total = totals.get(row.pk, 0)


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
        return figures.moment(conversation.updated_at)

    @admin.display(description="messages")
    def message_count(self, conversation: Any) -> str:
        return figures.count(conversation.message_total)
