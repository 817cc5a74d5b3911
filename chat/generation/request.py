"""A question as callers send it."""

from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from chat.errors import ChatError
from chat.events import to_json
from chat.generation.structured import check_response_format

TITLE_CHARS = 60


def check_sampling(temperature: float | None, max_tokens: int | None) -> None:
    """Raise ChatError `invalid_request` for a temperature or a limit that no model takes; None is the model's own."""
    if max_tokens is not None and not 1 <= max_tokens <= 10_000_000:
        raise ChatError("invalid_request", "`max_tokens` must be 1 or more.")
    if temperature is not None and not 0 <= temperature <= 2:
        raise ChatError("invalid_request", "`temperature` must be between 0 and 2.")


class ChatRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a caller asks for: the body of `POST /api/chat/stream` and `POST /api/chat`.

    Without `parent_id` the question follows the branch that was looked at last; with null it begins the conversation
    anew beside what is there. `regenerate` names a question that gets another answer, and goes without a `message`.
    `temporary` keeps a new conversation out of every list.
    """

    message: str = ""
    regenerate: UUID | None = None
    temporary: bool = False
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
        problem = self._contradiction() or self._excess()
        if not problem and self.response_format is not None:
            problem = check_response_format(self.response_format)
        if problem:
            raise ChatError("invalid_request", problem)
        check_sampling(self.temperature, self.max_tokens)

    def _excess(self) -> str:
        """Return what is too short or too long."""
        limit = settings.CHAT_MAX_MESSAGE_CHARS
        if not self.message.strip() and self.regenerate is None:
            return "The message is empty."
        if len(self.message) > limit:
            return f"The message is {len(self.message):,} characters long; at most {limit:,} are allowed."
        if self.system_prompt and len(self.system_prompt) > limit:
            return f"The `system_prompt` is longer than {limit:,} characters."
        if self.request_id is not None and not 1 <= len(self.request_id) <= 200:
            return "`request_id` must have 1 to 200 characters."
        return ""

    def _contradiction(self) -> str:
        """Return what of the ask does not go with the rest of it."""
        if isinstance(self.parent_id, UUID) and self.conversation_id is None:
            return "`parent_id` needs a `conversation_id`."
        if self.temporary and self.conversation_id is not None:
            return "`temporary` is for a new conversation."
        if self.regenerate is None:
            return ""
        if self.conversation_id is None:
            return "`regenerate` needs a `conversation_id`."
        if self.message or self.parent_id is not msgspec.UNSET:
            return "`regenerate` goes without a `message` and a `parent_id`."
        return ""

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
    def stored_chars(self) -> int:
        """How many characters are kept of it, of a format its bytes."""
        shape = len(to_json(self.response_format)) if self.response_format is not None else 0
        return len(self.message) + len(self.system_prompt or "") + shape


def first_words(text: str) -> str:
    """Return the first words of a text, at most 60 characters on one line."""
    line = " ".join(text.split())
    if len(line) <= TITLE_CHARS:
        return line
    words = line[:TITLE_CHARS]
    return f"{words.rpartition(' ')[0] or words[:-1]}…"
