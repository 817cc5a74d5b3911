"""Reading other people's conversations in the admin: only where the site allows it, and always recorded."""

from typing import Final

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest

from chat.admin.paginator import CappedModelAdmin
from chat.admin.readonly import ReadOnly
from chat.models import Conversation, Message
from chat.views import formatting

READ: Final = "Read."


def may_read(request: HttpRequest) -> bool:
    """Whether texts of conversations are shown to whoever asks."""
    return settings.CHAT_ADMIN_READS and request.user.has_perm("chat.view_conversation")


def note_reading(request: HttpRequest, conversation: Conversation) -> None:
    """Record that somebody opened a conversation; one's own may be read unrecorded."""
    if isinstance(request.user, User) and conversation.owner_id != request.user.pk:
        _note(request.user, Conversation, str(conversation.pk), f"conversation of {conversation.owner}", READ)


def note_listing(request: HttpRequest) -> None:
    """Record that somebody looked at a list of messages, which shows how they begin."""
    if isinstance(request.user, User):
        words = request.GET.get("q", "")[:100]
        _note(request.user, Message, None, "messages", f"Searched for “{words}”." if words else "Read the list.")


def _note(user: User, model: type[Conversation | Message], name: str | None, what: str, deed: str) -> None:
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(model),
        object_id=name,
        object_repr=what,
        action_flag=CHANGE,
        change_message=deed,
    )


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnly, CappedModelAdmin):
    """What was done and read in the admin, by whom."""

    list_display = ("when", "user", "what", "content_type", "deed")
    list_display_links = None
    list_filter = ("action_flag", ("action_time", admin.DateFieldListFilter))
    list_select_related = ("user", "content_type")
    search_fields = ("user__username", "object_id")
    sortable_by = ("when",)
    fields = ("when", "user", "what", "content_type", "object_id", "deed")

    @admin.display(description="when (UTC)", ordering="action_time")
    def when(self, entry: LogEntry) -> str:
        return formatting.moment(entry.action_time)

    @admin.display(description="what")
    def what(self, entry: LogEntry) -> str:
        # What is called by its first words is named by its id.
        model = entry.content_type and entry.content_type.model_class()
        if model is Conversation and entry.get_change_message() != READ:
            return f"conversation {entry.object_id}"
        return entry.object_repr

    @admin.display(description="done")
    def deed(self, entry: LogEntry) -> str:
        return entry.get_change_message() or entry.get_action_flag_display()
