"""Counts in every dialect, for any numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chat.events import Usage
from chat.providers.usage import Counts

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """What an answer used. `fresh` is what of the prompt was neither read from the cache nor written to it."""

    fresh: int
    cached: int
    five_minutes: int
    hour: int
    spoken: int
    thought: int

    @property
    def written(self) -> int:
        return self.five_minutes + self.hour

    @property
    def prompt(self) -> int:
        return self.fresh + self.cached + self.written

    @property
    def completion(self) -> int:
        return self.spoken + self.thought

    @property
    def total(self) -> int:
        return self.prompt + self.completion

    @property
    def cache(self) -> Json:
        """What Anthropic says of the prompt."""
        parts = {"ephemeral_5m_input_tokens": self.five_minutes, "ephemeral_1h_input_tokens": self.hour}
        return {
            "input_tokens": self.fresh,
            "cache_read_input_tokens": self.cached,
            "cache_creation_input_tokens": self.written,
            "cache_creation": parts,
        }

    @property
    def details(self) -> Json:
        """What OpenAI says of the prompt."""
        parts = {"ttl_5m_tokens": self.five_minutes, "ttl_1h_tokens": self.hour}
        written = {"cache_write_tokens": self.written, "cache_write_tokens_details": parts}
        return {"prompt_tokens": self.prompt, "prompt_tokens_details": {"cached_tokens": self.cached} | written}


few = st.integers(0, 10_000)
some = st.integers(1, 10_000)
truths = st.builds(Truth, some, few, few, few, some, few)
# Each makes the objects that a stream names, in order; the first of Anthropic's says nothing of the answer.
Dialect = Callable[[Truth], list[Json]]
OPENAI: Final[dict[str, Dialect]] = {
    "OpenAI's": lambda true: [
        true.details
        | {"completion_tokens": true.completion, "total_tokens": true.total}
        | {"completion_tokens_details": {"reasoning_tokens": true.thought}}
    ],
    "the Responses API's": lambda true: [
        {
            "input_tokens": true.prompt,
            "input_tokens_details": true.details["prompt_tokens_details"],
            "output_tokens": true.completion,
            "output_tokens_details": {"reasoning_tokens": true.thought},
            "total_tokens": true.total,
        }
    ],
    "thoughts beside the completion": lambda true: [
        true.details
        | {"completion_tokens": true.spoken, "total_tokens": true.total}
        | {"completion_tokens_details": {"reasoning_tokens": true.thought}}
    ],
    "the cache beside the prompt, as the total tells": lambda true: [
        {"prompt_tokens": true.fresh, "completion_tokens": true.completion, "total_tokens": true.total}
        | {name: tokens for name, tokens in true.cache.items() if name != "input_tokens"}
        | {"reasoning_tokens": true.thought}
    ],
    "the cache beside the prompt, and thoughts beside the completion": lambda true: [
        {"prompt_tokens": true.fresh, "completion_tokens": true.spoken, "total_tokens": true.total}
        | {name: tokens for name, tokens in true.cache.items() if name != "input_tokens"}
        | {"reasoning_tokens": true.thought}
    ],
    "zeros before and after": lambda true: [
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        true.details
        | {"completion_tokens": true.completion, "total_tokens": true.total, "reasoning_tokens": true.thought},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    ],
    "on each chunk": lambda true: [
        true.details | {"completion_tokens": 1, "total_tokens": true.prompt + 1},
        true.details
        | {"completion_tokens": true.completion, "total_tokens": true.total}
        | {"completion_tokens_details": {"reasoning_tokens": true.thought}},
    ],
}
ANTHROPIC: Final[dict[str, Dialect]] = {
    "Anthropic's": lambda true: [true.cache, answer(true)],
    "the input again at the end, but not for how long": lambda true: [
        true.cache,
        answer(true) | {name: tokens for name, tokens in true.cache.items() if name != "cache_creation"},
    ],
    "nothing at the start": lambda true: [{"input_tokens": 0}, true.cache | answer(true)],
    "all as input at the start": lambda true: [{"input_tokens": true.prompt}, true.cache | answer(true)],
    "zeros at the end": lambda true: [
        true.cache,
        answer(true) | {"input_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0},
    ],
}


def answer(true: Truth) -> Json:
    return {"output_tokens": true.completion, "output_tokens_details": {"thinking_tokens": true.thought}}


def counted(objects: list[Any], *, has_start: bool = False, said: bool = True) -> Usage | None:
    counts = Counts()
    for place, each in enumerate(objects):
        counts.add(each, answer=place > 0 or not has_start)
    return counts.usage(said=said)


def parts_of(usage: Usage) -> tuple[int | None, ...]:
    return (
        *(usage.prompt_tokens, usage.cached_tokens, usage.cache_write_tokens, usage.long_cache_write_tokens),
        *(usage.completion_tokens, usage.reasoning_tokens),
    )


@pytest.mark.parametrize("dialect", OPENAI | ANTHROPIC)
@given(true=truths)
def test_every_dialect_tells_the_truth(dialect: str, true: Truth) -> None:
    # A total that has as much more as was thought, or as went through the cache, does not tell which of both.
    assume("the cache beside" not in dialect or true.thought != true.cached + true.written)
    usage = counted((OPENAI | ANTHROPIC)[dialect](true), has_start=dialect in ANTHROPIC)
    assert usage is not None
    assert parts_of(usage) == (true.prompt, true.cached, true.written, true.hour, true.completion, true.thought)
    assert usage.cache_write_lifetimes == {"5m": true.five_minutes, "1h": true.hour}


NAMES: Final = (
    *("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens", "reasoning_tokens"),
    *("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
    *("cache_write_tokens", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens", "ttl_12h_tokens", "cost"),
)
HOLDERS: Final = (
    *("prompt_tokens_details", "completion_tokens_details", "input_tokens_details", "output_tokens_details"),
    *("cache_creation", "cache_write_tokens_details"),
)
numbers: st.SearchStrategy[Any] = st.integers(-1, 50) | st.sampled_from(
    [None, True, "7", "x", 1.5, float("nan"), [], {}]
)
flat = st.dictionaries(st.sampled_from(NAMES), numbers, max_size=6)
nested = st.dictionaries(st.sampled_from(HOLDERS), flat | numbers, max_size=3)
objects = st.builds(lambda one, two: one | two, flat, nested) | numbers


@example(
    told=[{"input_tokens": 1, "cache_creation_input_tokens": 5, "cache_creation": {"ephemeral_1h_input_tokens": 10}}],
    has_start=False,
    said=True,
)
@given(told=st.lists(objects, max_size=4), has_start=st.booleans(), said=st.booleans())
def test_no_part_is_ever_larger_than_its_whole(told: list[Any], *, has_start: bool, said: bool) -> None:
    usage = counted(told, has_start=has_start, said=said)
    if usage is None:
        return
    prompt, cached, written, long, completion, reasoning = parts_of(usage)
    assert all(tokens is None or tokens >= 0 for tokens in parts_of(usage))
    if prompt is not None:
        assert (cached or 0) + (written or 0) <= prompt
    assert (long or 0) <= (written or 0)
    assert sum((usage.cache_write_lifetimes or {}).values()) <= (written or 0)
    assert completion is None or (reasoning or 0) <= completion
    assert prompt != 0
    assert not (said and completion == 0)


@pytest.mark.parametrize("ticks", ["12345678901234", 12345678901234])
def test_no_digit_of_a_price_is_lost(ticks: str | int) -> None:
    counts = Counts()
    counts.add({"cost_in_usd_ticks": ticks})
    found = counts.usage(said=True)
    assert found is not None
    assert found.cost == Decimal("1234.5678901234")


def test_a_zero_for_what_was_said_is_no_count_though_the_prompt_is_told_again() -> None:
    first, last = {"prompt_tokens": 5, "completion_tokens": 40, "total_tokens": 45}, {"prompt_tokens": 5}
    for zeros in ({"completion_tokens": 0, "total_tokens": 5}, {"completion_tokens": 0}, {"total_tokens": 5}):
        usage = counted([first, last | zeros], has_start=False, said=True)
        assert usage is not None
        assert (usage.prompt_tokens, usage.completion_tokens) == (5, 40)
