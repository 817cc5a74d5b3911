"""From rows to what is sent: the history of one branch, the system prompt, the parameters."""

from itertools import pairwise
from typing import Any

from chat.models import Generation, Message
from chat.models.tree import Tree
from chat.providers.base import CompletionRequest, Turn


def history(question: Message) -> list[Message]:
    """Return the branch that ends with `question`, from its root on."""
    rows = Message.objects.filter(conversation=question.conversation_id).defer("reasoning", "tool_calls")
    by_id = {row.pk: row for row in rows}
    tree = Tree((row.pk, row.parent_id) for row in by_id.values())
    return [by_id[name] for name in tree.path(question.pk)]


def completion_request(generation: Generation) -> CompletionRequest:
    """Return the request for a generation: system prompt, then the branch in order, the question last.

    What the question did not ask for itself is as its conversation has it.

    A question whose answer stayed empty is left out together with it: providers refuse empty turns, and two
    questions in a row. Reasoning never goes back as content.
    """
    parameters: dict[str, Any] = generation.parameters
    question = generation.message.parent
    assert question is not None  # noqa: S101 - an answer has a question
    assert generation.model is not None  # noqa: S101 - a generation that begins has its model
    conversation = generation.message.conversation
    system_prompt = parameters.get("system_prompt") or conversation.system_prompt
    turns = [Turn("system", system_prompt)] if system_prompt else []
    branch = history(question)
    for asked, answered in pairwise(branch):
        if asked.role == Message.Role.USER and answered.content:
            turns += [Turn("user", asked.content), Turn("assistant", answered.content)]
    turns.append(Turn("user", question.content))
    return CompletionRequest(
        model=generation.model.upstream_name,
        turns=tuple(turns),
        max_tokens=parameters.get("max_tokens", conversation.max_tokens),
        temperature=parameters.get("temperature", conversation.temperature),
        response_format=parameters.get("response_format"),
    )
