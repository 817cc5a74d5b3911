"""From rows to what is sent: the history of one branch, the system prompt, the parameters."""

from typing import Any

from chat.models import Conversation, Generation, Message
from chat.providers.base import CompletionRequest, Turn


def history(question: Message) -> list[Message]:
    """Return the branch that ends with `question`, from its root on."""
    rows = {row.pk: row for row in Message.objects.filter(conversation=question.conversation_id)}
    path: list[Message] = []
    current: Message | None = question
    while current is not None:
        path.append(current)
        current = rows[current.parent_id] if current.parent_id else None
    return path[::-1]


def completion_request(generation: Generation, conversation: Conversation, question: Message) -> CompletionRequest:
    """Return the request for a generation: system prompt, then the branch in order, the question last.

    Answers that stayed empty are left out: providers refuse empty turns. Reasoning never goes back as content.
    """
    parameters: dict[str, Any] = generation.parameters
    system_prompt = parameters.get("system_prompt") or conversation.system_prompt
    turns = [Turn("system", system_prompt)] if system_prompt else []
    turns += [
        Turn("assistant" if row.role == Message.Role.ASSISTANT else "user", row.content)
        for row in history(question)
        if row.content
    ]
    assert generation.model is not None  # noqa: S101 - a generation that begins has its model
    return CompletionRequest(
        model=generation.model.upstream_name,
        turns=tuple(turns),
        max_tokens=parameters.get("max_tokens"),
        temperature=parameters.get("temperature"),
        response_format=parameters.get("response_format"),
    )
