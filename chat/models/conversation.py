"""Conversations and their messages, a tree: nothing said is ever overwritten."""

import uuid
from collections.abc import Mapping
from typing import Protocol, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Node(Protocol):
    """A message in the tree."""

    @property
    def parent_id(self) -> UUID | None: ...


N = TypeVar("N", bound=Node)


def path_to(leaf: UUID | None, messages: Mapping[UUID, N]) -> list[N]:
    """Return the messages from the root to `leaf`, in order."""
    path: list[N] = []
    while leaf is not None:
        path.append(messages[leaf])
        leaf = messages[leaf].parent_id
    return path[::-1]


class Conversation(models.Model):
    """One person's talk with a model."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    system_prompt = models.TextField(blank=True)
    model = models.ForeignKey("chat.ChatModel", models.SET_NULL, null=True, blank=True, related_name="+")
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False, help_text="When something was last said.")

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [models.Index(fields=["owner", "-updated_at", "-id"], name="conversation_newest")]

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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=10, choices=Role.choices)
    content = models.TextField(blank=True)
    reasoning = models.TextField(blank=True)
    tool_calls = models.JSONField(
        default=list, blank=True, help_text="A list of objects with index, id, name and arguments (JSON text)."
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.COMPLETE)
    finish_reason = models.CharField(max_length=14, choices=FinishReason.choices, blank=True)
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
