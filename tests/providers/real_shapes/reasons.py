"""The words with which families of servers say why an answer ended: the same lists for both formats."""

from collections.abc import Callable
from typing import Final

from chat.events import Finished, FinishReason
from tests.providers.real_shapes.case import Case, Fails, Format, both, spread, stream

MEANINGS: Final[dict[FinishReason, tuple[str, ...]]] = {
    "stop": ("stop", "eos", "end_turn", "stop_sequence", "complete", "STOP", " stop "),
    "tool_calls": ("tool_calls", "function_call", "tool_use"),
    "length": ("length", "max_tokens", "MAX_TOKENS", "model_length", "model_context_window_exceeded"),
    "content_filter": (
        *("content_filter", "content_filter_hate", "content_filter: self_harm", "sensitive"),
        *("SAFETY", "safety_violence", "refusal"),
    ),
}
FAILURES: Final = (
    *("abort", "error", "network_error", "timeout", "cancelled", "insufficient_system_resource", "ERROR"),
)
UNLISTED: Final = ("xyz", "pause_turn", "compaction", "stopped_by_magic")


def ending_with(word: str) -> Callable[[Format], bytes]:
    """Return what makes a body that says hello and ends for this reason."""
    return lambda wire: stream(wire, wire.said("Hello"), wire.ended(word), wire.mark, end=False)


CASES: Final[list[Case]] = [
    *spread(
        both(
            f"a reason of {word!r}",
            ending_with(word),
            text="Hello",
            end=Finished(reason),
        )
        for reason, words in MEANINGS.items()
        for word in words
    ),
    *spread(
        both(
            f"a reason of {word!r} is a failure",
            ending_with(word),
            text="Hello",
            end=Fails("api_error", word),
        )
        for word in FAILURES
    ),
    *spread(
        both(
            f"a reason of {word!r} is on no list",
            ending_with(word),
            text="Hello",
            end=Finished("other", word),
        )
        for word in UNLISTED
    ),
    *both(
        "a failure before the first word",
        lambda wire: stream(wire, wire.ended("network_error"), wire.mark, end=False),
        end=Fails("api_error", "network_error"),
    ),
    *both(
        "a failure after a thought",
        lambda wire: stream(wire, wire.thought("Hm"), wire.ended("abort"), end=False),
        thought="Hm",
        end=Fails("api_error", "abort"),
    ),
    *both(
        "a filter before the first word",
        lambda wire: stream(wire, wire.ended("content_filter"), wire.mark, end=False),
        end=Finished("content_filter"),
    ),
    *both(
        "an unlisted word that no database keeps",
        lambda wire: stream(wire, wire.said("Hello"), wire.ended("x\0y \ud83c"), wire.mark, end=False),
        text="Hello",
        end=Finished("other", "x\ufffdy \ufffd"),
    ),
    *both(
        "an unlisted word at the body's end",
        lambda wire: stream(wire, wire.said("Hello"), wire.ended("xyz"), end=False),
        text="Hello",
        end=Finished("other", "xyz"),
    ),
]
