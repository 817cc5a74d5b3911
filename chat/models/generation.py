"""Generations: each is one answer being written, apart from the request that asked for it."""

import uuid
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models.shallow_json import ShallowJSONField

# A process that has not written its heartbeat for so long is taken for dead; it writes one four times a second.
SILENCE: Final = timedelta(seconds=10)


class Generation(models.Model):
    """One answer in the making. Its state is its message's `status`; how it went wrong, if it did, stands here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="generations")
    message = models.OneToOneField("chat.Message", models.CASCADE, related_name="generation")
    model = models.ForeignKey("chat.ChatModel", models.SET_NULL, null=True, related_name="+")
    api_key = models.ForeignKey("chat.ApiKey", models.SET_NULL, null=True, blank=True, related_name="+")
    request_id = models.CharField(
        max_length=200, null=True, blank=True, help_text="The caller's idempotency key, unique per user."
    )
    parameters = ShallowJSONField(
        default=dict, blank=True, help_text="system_prompt, max_tokens, temperature, response_format, where given."
    )
    error_type = models.CharField(max_length=20, blank=True)
    error_message = models.TextField(blank=True)
    error_retryable = models.BooleanField(default=False)
    error_retry_at = models.DateTimeField(
        null=True, blank=True, help_text="From when on asking again helps, where that is known."
    )
    ttft_seconds = models.FloatField(null=True, blank=True, help_text="From the start to the first token.")
    elapsed_seconds = models.FloatField(null=True, blank=True)
    thinking_seconds = models.FloatField(
        null=True, blank=True, help_text="From its first thought to its first word, where it began with a thought."
    )
    outline = ShallowJSONField(
        default=list, blank=True, help_text="The order of the answer's parts, where it is not the usual one."
    )
    is_trimmed = models.BooleanField(
        default=False, help_text="Whether older messages were not sent, because the model could not take them."
    )
    has_gaps = models.BooleanField(default=False, help_text="Whether a piece of the answer could not be read.")
    worker = models.CharField(max_length=200, blank=True, help_text="The process that writes it: host, pid, its start.")
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="When that process last said it is alive.")
    followed_at = models.DateTimeField(null=True, blank=True, help_text="When another process last had a follower.")
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="generation_newest_of_owner"),
            models.Index(fields=["heartbeat_at"], condition=Q(finished_at__isnull=True), name="generation_unfinished"),
            models.Index(
                fields=["owner"], condition=Q(finished_at__isnull=True), name="generation_of_owner_unfinished"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["owner", "request_id"], name="generation_once_per_request"),
            models.CheckConstraint(
                condition=Q(error_type="") | Q(finished_at__isnull=False), name="generation_error_is_final"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
