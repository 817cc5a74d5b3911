"""What every provider is: something that streams events for a request, and lists its models."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Protocol

from chat.events import NO_REASON, Finished, Upstream

Role = Literal["system", "user", "assistant"]
# The model's own ends of what it says; after tool calls it goes on, and what was cut off might have.
ENDS_OF_TEXT: Final = ("stop", "other")


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the history, as it goes to the model."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Learnt:
    """What earlier answers of a model told about the server behind it.

    `refused` are the request's parameters that it turned down, by their names on the wire, such as `temperature`; they
    are left out. `renamed` are those that it takes by another name, such as `max_tokens` by `max_completion_tokens`.
    `gives_no_reason`: it ends its answers without any finish reason, so none is no sign of a broken-off answer.
    `begins_in_thought`: its answers begin with thoughts that only a closing tag ends; `begins_in_text`: that was taken
    for so once, and was wrong: not all of them do. `answers_without_reason` is how many ended without a reason so far,
    and `gives_reasons` that one had one.
    """

    refused: frozenset[str] = frozenset()
    renamed: tuple[tuple[str, str], ...] = ()
    gives_no_reason: bool = False
    begins_in_thought: bool = False
    begins_in_text: bool = False
    gives_reasons: bool = False
    answers_without_reason: int = 0

    def after(self, end: Finished | None, *, text: str, thought: str, was_reclassified: bool) -> "Learnt":
        """Return what is known after an answer that said this; `end` is None where it was not the provider's own."""
        # Templates give the tag a line of its own; within a sentence it is only spoken of.
        is_habit = was_reclassified and thought.endswith("\n") and not self.begins_in_text
        learnt = replace(self, begins_in_thought=True) if is_habit else self
        if end is None:
            return learnt
        is_told_twice = thought != "" and text in ("", thought.rstrip())
        if learnt.begins_in_thought and end.finish_reason in ENDS_OF_TEXT and is_told_twice:
            # No closing tag came: this time it did not begin in thought, and the answer was taken for one. Whoever has
            # a model write the tag must not do that to others more than once.
            learnt = replace(learnt, begins_in_thought=False, begins_in_text=end.finish_reason == "stop")
        if end.finish_detail == NO_REASON:
            if learnt.gives_no_reason or learnt.gives_reasons:
                return learnt
            count = learnt.answers_without_reason + 1
            return replace(learnt, answers_without_reason=count, gives_no_reason=count >= HABIT)
        # It does give reasons: an answer without one was cut off, whichever came first.
        return learnt if learnt.gives_reasons else replace(learnt, gives_reasons=True, gives_no_reason=False)


# So many answers in a row without a reason are how a server ends them.
HABIT: Final = 3
NOTHING_LEARNT: Final = Learnt()


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """All that a provider needs to know; no rows, no settings.

    `model` is the provider's own name for it. `turns` are in order, the system prompt first, the question last.
    `temperature`, `max_tokens` and `response_format` are left to the provider when None. `cache_key` names the
    conversation to a provider that is to keep its prompt for the next turn; None where nothing is to be kept.
    `cache_hour`: it is to be kept for an hour, where the format has that, and not for as long as is usual.
    `cache_off`: what some keep unasked, and charge for, is not to be kept either. `is_whole`: the answer is to come in
    one piece.
    """

    model: str
    turns: tuple[Turn, ...]
    max_tokens: int | None = None
    temperature: float | None = None
    response_format: dict[str, Any] | None = field(default=None, hash=False)
    cache_key: str | None = None
    cache_hour: bool = False
    cache_off: bool = False
    is_whole: bool = False
    learnt: Learnt = NOTHING_LEARNT


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a list of models says of one: `id` is the provider's name for it, `context_window` is in tokens."""

    id: str
    context_window: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is reached. `api_key` is empty for servers that want none. Timeouts are in seconds.

    `first_token_timeout` is the longest wait for the first word: a model may have to be loaded, or be busy. After it
    `idle_timeout` is the longest silence. `heeds_environment`: it is who an SDK's variables, such as OPENAI_ORG_ID, are
    meant for.
    """

    base_url: str
    api_key: str = field(default="", repr=False)
    idle_timeout: float = 60.0
    first_token_timeout: float = 300.0
    heeds_environment: bool = False


# Takes the events of an answer, one by one. What it returns is awaited before it gets the next one.
Sink = Callable[[Upstream], Awaitable[None] | None]


async def push(events: Iterable[Upstream], sink: Sink) -> None:
    """Give events to a sink, in order."""
    for event in events:
        if (pause := sink(event)) is not None:
            await pause


def unheeded() -> None:
    """What a request that nobody keeps account of calls when it leaves."""


class Provider(Protocol):
    """A source of completions.

    `stream` calls `sink` with deltas, with a `Usage` whenever the provider has counted anew (the last one counts) and
    at last with one `Finished`. Without `Finished` it never returns quietly: it raises `ChatError`. `sent` is called
    once the request leaves: from then on it may cost money, whatever becomes of the answer. To cancel it closes the
    upstream connection at once, and so does a sink that raises: its exception passes as it is. Otherwise both methods
    raise `ChatError` and nothing else.
    """

    async def stream(self, request: CompletionRequest, sink: Sink, sent: Callable[[], None] = unheeded) -> None: ...

    async def models(self) -> list[ModelFacts]:
        """Return the models on offer, in the provider's own order."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...
