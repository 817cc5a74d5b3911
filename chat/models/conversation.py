"""Conversations and their messages, a tree: nothing said is ever overwritten."""

import uuid
from datetime import datetime, timedelta
from typing import Final, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models.shallow_json import ShallowJSONField

# How long a deletion can be taken back, and how long a temporary conversation stays after its last message.
KEPT_AFTER_DELETION: Final = timedelta(seconds=60)
TEMPORARY_LIFE: Final = timedelta(hours=24)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Ways to the conversations that are still there."""

    def of(self, owner: User) -> Self:
        """Those of `owner` that are not deleted."""
        return self.filter(owner=owner, deleted_at__isnull=True)

    def listed(self, owner: User) -> Self:
        """Those of `owner` that lists, search and exports show: temporary ones are kept out."""
        return self.of(owner).filter(temporary=False)

    def expired(self, now: datetime) -> Self:
        """Those that nobody can bring back any more, and temporary ones that have had their time."""
        deleted = Q(deleted_at__lt=now - KEPT_AFTER_DELETION)
        return self.filter(deleted | Q(temporary=True, updated_at__lt=now - TEMPORARY_LIFE))


class Conversation(models.Model):
    """One person's talk with a model."""

    class TitleOrigin(models.TextChoices):
        WORDS = "words", "the first words"
        MODEL = "model", "a model"
        PERSON = "person", "a person"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    title_origin = models.CharField(
        max_length=6, choices=TitleOrigin.choices, default=TitleOrigin.WORDS, help_text="Who chose the title."
    )
    system_prompt = models.TextField(blank=True)
    model = models.ForeignKey("chat.ChatModel", models.SET_NULL, null=True, blank=True, related_name="+")
    temperature = models.FloatField(null=True, blank=True, help_text="For every answer that asks for no other.")
    max_tokens = models.PositiveIntegerField(null=True, blank=True, help_text="The same.")
    leaf = models.ForeignKey(
        "chat.Message",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The message whose branch was looked at last; empty: the newest one's.",
    )
    stored_chars = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="How many characters are in it: questions, answers, thoughts."
    )
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    unread_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When an answer ended that nobody followed."
    )
    temporary = models.BooleanField(default=False, help_text="In no list, and gone a day after its last message.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False, help_text="When something was last said.")
    changed_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When anything that the list shows last changed."
    )
    deleted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="It can be restored for a minute."
    )

    taken_from = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Not a conversation, but what was deleted from one: as long as that can be restored.",
    )
    taken = ShallowJSONField(
        null=True, blank=True, editable=False, help_text="`leaf` and `parents` as they were before it was taken out."
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="conversation_newest"),
            models.Index(fields=["owner", "changed_at"], name="conversation_changed"),
            models.Index(fields=["owner", "-updated_at", "-id"], condition=Q(pinned=True), name="conversation_pinned"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="conversation_deleted"),
            models.Index(fields=["updated_at"], condition=Q(temporary=True), name="conversation_temporary"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(title_origin__in=["words", "model", "person"]), name="conversation_title_origin_known"
            ),
            models.CheckConstraint(
                condition=Q(temperature__isnull=True) | Q(temperature__gte=0, temperature__lte=2),
                name="conversation_temperature_in_range",
            ),
            models.CheckConstraint(
                condition=Q(max_tokens__isnull=True) | Q(max_tokens__gte=1), name="conversation_max_tokens_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.title or "New chat"


class Message(models.Model):
    """What one side said. `parent` is the message it answers; a message with several children branches."""

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    class Status(models.TextChoices):
        QUEUED = "queued"
        STREAMING = "streaming"
        COMPLETE = "complete"
        STOPPED = "stopped"
        INTERRUPTED = "interrupted"
        FAILED = "failed"

    class FinishReason(models.TextChoices):
        STOP = "stop"
        LENGTH = "length"
        CONTENT_FILTER = "content_filter"
        TOOL_CALLS = "tool_calls"
        STOPPED = "stopped"
        DISCONNECTED = "disconnected"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=10, choices=Role.choices)
    content = models.TextField(blank=True)
    reasoning = models.TextField(blank=True)
    tool_calls = ShallowJSONField(
        default=list, blank=True, help_text="A list of objects with index, id, name and arguments (JSON text)."
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.COMPLETE)
    finish_reason = models.CharField(max_length=14, choices=FinishReason.choices, blank=True)
    finish_detail = models.CharField(
        max_length=100, blank=True, help_text="The provider's own word for another end; none: it gave no reason."
    )
    model = models.CharField(max_length=200, blank=True, help_text="The model that wrote it, by its name then.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["conversation", "created_at"], name="message_in_order")]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=["user", "assistant"]), name="message_role_known"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "streaming", "complete", "stopped", "interrupted", "failed"]),
                name="message_status_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    finish_reason__in=[
                        "",
                        "stop",
                        "length",
                        "content_filter",
                        "tool_calls",
                        "stopped",
                        "disconnected",
                        "other",
                    ]
                ),
                name="message_finish_reason_known",
            ),
            models.CheckConstraint(condition=~Q(id=models.F("parent")), name="message_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(role="assistant") | Q(status="complete", reasoning="", finish_reason=""),
                name="message_user_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.content[:60]}"
