"""Builds the request from rows: the history of one branch that fits the model, system prompt, parameters."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils.crypto import salted_hmac

from chat.catalog.learnt import learnt_of
from chat.generation import pictures
from chat.generation.trimming import room
from chat.models import Generation, Message, Provider
from chat.providers.base import CompletionRequest, Turn
from chat.usage.estimate import Vector, combined, features, predicted
from chat.usage.vocabulary import TokenEstimator

# What is read of a history goes no further back than this many characters for each token of the window.
MOST_CHARS_PER_TOKEN: Final = 8
EVERYTHING: Final = 2**31 - 1

# From the question back to the root, until so many characters are read; the children of a branch's messages are not
# looked at. Both databases speak it.
BRANCH: Final = """
WITH RECURSIVE branch (id, parent_id, depth, chars) AS (
    SELECT id, parent_id, 0, length(content) FROM chat_message WHERE id = %s
    UNION ALL
    SELECT older.id, older.parent_id, depth + 1, chars + length(older.content)
    FROM branch JOIN chat_message AS older ON older.id = branch.parent_id
    WHERE chars < %s
)
SELECT said.id, said.parent_id, said.role, said.content
FROM branch JOIN chat_message AS said ON said.id = branch.id
ORDER BY depth DESC
"""

Exchange = tuple[Turn, Turn]


@dataclass(frozen=True, slots=True)
class Context:
    """What is sent; `is_trimmed` if older messages were left out because they exceed the context window.

    `seen` is its features where they had to be found, by what `reader` knows of the model.
    """

    request: CompletionRequest
    is_trimmed: bool
    reader: TokenEstimator
    seen: Vector | None


def history(question: Message, chars: int = EVERYTHING) -> list[Message]:
    """Return the branch that ends with `question`, oldest first, back to where it is `chars` long. One query."""
    key = Message._meta.pk.get_db_prep_value(question.pk, connection)
    return list(Message.objects.raw(BRANCH, [key, chars]))


def context(generation: Generation) -> Context:
    """Return what is sent for a generation: system prompt, then the branch in order, the question last.

    What the question did not ask for itself is as its conversation has it.

    The provider is asked to keep what is sent for the next question, also of a temporary chat and with the first one:
    under 1,024 tokens it keeps nothing and takes nothing for it, and what a long first question costs more (a quarter)
    pays as soon as one in three is followed by another in time. It is not asked where nothing would be read again:
    with the first question of an API key, because most programs ask only one, and once older messages are left out,
    because the beginning is then another with every question.

    A question whose answer stayed empty is left out combined with it: providers refuse empty turns, and two
    questions in a row. Reasoning never goes back as content.
    """
    parameters: dict[str, Any] = generation.parameters
    question, model = generation.message.parent, generation.model
    assert question is not None  # noqa: S101 - an answer has a question
    assert model is not None  # noqa: S101 - a generation that begins has its model
    conversation = generation.message.conversation
    system_prompt = parameters.get("system_prompt") or conversation.system_prompt
    max_tokens = parameters.get("max_tokens", conversation.max_tokens)
    window = model.context_window
    branch = history(question, window * MOST_CHARS_PER_TOKEN if window else EVERYTHING)
    exchanges = [
        (Turn("user", asked.content), Turn("assistant", pictures.unshown(answered.content)))
        for asked, answered in pairwise(branch)
        if asked.role == Message.Role.USER and answered.content
    ]
    system = [Turn("system", system_prompt)] if system_prompt else []
    reader = TokenEstimator(model.provider.name, model.name)
    kept, seen = exchanges, None
    if window:
        always = [*system, Turn("user", question.content)]
        kept, seen = _newest(reader, exchanges, always, room(window, max_tokens))
    is_trimmed = len(kept) < len(exchanges) or branch[0].parent_id is not None
    is_single = generation.api_key_id is not None and len(branch) == 1
    provider = model.provider
    caches = provider.caches_prompts and not is_trimmed and not is_single
    request = CompletionRequest(
        model=model.upstream_name,
        turns=(*system, *(turn for exchange in kept for turn in exchange), Turn("user", question.content)),
        max_tokens=max_tokens,
        temperature=parameters.get("temperature", conversation.temperature),
        response_format=parameters.get("response_format"),
        learnt=learnt_of(model),
        cache_key=cache_key(conversation.pk) if caches else None,
        cache_hour=provider.prompt_caching == Provider.PromptCaching.HOUR,
        cache_off=not caches and (provider.caches_prompts or provider.prompt_caching == Provider.PromptCaching.OFF),
    )
    return Context(request, is_trimmed, reader, seen)


def cache_key(conversation_id: UUID) -> str:
    """Return what names a conversation to a provider: always the same, and nobody there can tell which one it is."""
    return salted_hmac("chat.generation.context", str(conversation_id), algorithm="sha256").hexdigest()[:32]


def mark_trimmed(generation_id: UUID) -> None:
    """Note that older messages were not sent: who opens the conversation later shall see it, too."""
    Generation.objects.filter(pk=generation_id).update(is_trimmed=True)


def _newest(
    reader: TokenEstimator, exchanges: list[Exchange], always: list[Turn], room: int
) -> tuple[list[Exchange], Vector | None]:
    """Return the newest exchanges that have room beside what is always sent; and the features of both, if need be."""
    turns = [*always, *(turn for exchange in exchanges for turn in exchange)]
    # No text has more tokens than characters; reading it to estimate how many fewer takes long.
    if sum(len(turn.content) + MOST_CHARS_PER_TOKEN for turn in turns) <= room:
        return exchanges, None
    weights = reader.regression.weights()
    seen = _each(always)
    left = room - predicted(combined(seen), weights)
    for number, exchange in enumerate(reversed(exchanges)):
        found = _each(exchange)
        left -= predicted(combined(found), weights)
        if left < 0:
            return exchanges[len(exchanges) - number :], combined(seen)
        seen += found
    return exchanges, combined(seen)


def _each(turns: Iterable[Turn]) -> list[Vector]:
    return [features(turn.content) for turn in turns]
