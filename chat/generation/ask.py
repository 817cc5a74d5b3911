"""A question as callers send it."""

from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from chat.errors import ChatError
from chat.generation.structured import check_response_format

TITLE_CHARS = 60


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a caller asks for: the body of `POST /api/chat/stream` and `POST /api/chat`.

    Without `parent_id` the question follows what was said last; with null it begins the conversation anew beside
    what is there.
    """

    message: str
    conversation_id: UUID | None = None
    parent_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    model: str | None = None
    system_prompt: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    response_format: dict[str, Any] | None = None
    request_id: str | None = None

    def check(self) -> None:
        """Raise ChatError `invalid_request` for values of the right type that make no sense."""
        limit = settings.CHAT_MAX_MESSAGE_CHARS
        problem = ""
        if not self.message.strip():
            problem = "The message is empty."
        elif len(self.message) > limit:
            problem = f"The message is {len(self.message):,} characters long; at most {limit:,} are allowed."
        elif self.system_prompt and len(self.system_prompt) > limit:
            problem = f"The `system_prompt` is longer than {limit:,} characters."
        elif self.max_tokens is not None and not 1 <= self.max_tokens <= 10_000_000:
            problem = "`max_tokens` must be 1 or more."
        elif self.temperature is not None and not 0 <= self.temperature <= 2:
            problem = "`temperature` must be between 0 and 2."
        elif self.request_id is not None and not 1 <= len(self.request_id) <= 200:
            problem = "`request_id` must have 1 to 200 characters."
        elif isinstance(self.parent_id, UUID) and self.conversation_id is None:
            problem = "`parent_id` needs a `conversation_id`."
        elif self.response_format is not None:
            problem = check_response_format(self.response_format)
        if problem:
            raise ChatError("invalid_request", problem)

    @property
    def parameters(self) -> dict[str, Any]:
        """What applies to this answer alone. The system prompt of a new conversation becomes that conversation's."""
        given = {
            "system_prompt": self.system_prompt if self.conversation_id else None,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "response_format": self.response_format,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def title(self) -> str:
        """The first words, at most 60 characters on one line."""
        line = " ".join(self.message.split())
        if len(line) <= TITLE_CHARS:
            return line
        words = line[: TITLE_CHARS - 1]
        return f"{words.rpartition(' ')[0] or words}…"
