"""Turns the token counts of every provider and gateway, whatever their names and places, into one `Usage`.

The rules, each for all formats:

1. All zeros are no count, and 0 tokens for an answer that said something are none either.
2. The counts of the prompt are one group, as those of the answer are: the last object that names a group replaces it.
   How long what was written is kept need not be said again with the same count.
3. Output that is not among the completion tokens (xAI's and Gemini's thoughts) is what the total has beyond them.
4. A part is never larger than its whole. Where more of the cache was counted than the prompt has, and no total tells
   what was meant, neither is known.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from chat.errors import masked
from chat.events import Usage

# xAI's unit of money is 10^-10 US dollars. Source: docs.x.ai, "Cost Tracking".
TICKS_PER_DOLLAR: Final = Decimal(10) ** 10
# Names of a count, each with the object in it that may hold it; the first that is above 0 counts.
CACHED: Final = (
    ("prompt_tokens_details", "cached_tokens"),
    ("input_tokens_details", "cached_tokens"),
    ("", "prompt_cache_hit_tokens"),
    ("", "cached_tokens"),
    ("", "cache_read_input_tokens"),
    ("", "cached_prompt_text_tokens"),
)
WRITTEN: Final = (
    ("prompt_tokens_details", "cache_write_tokens"),
    ("prompt_tokens_details", "cache_creation_tokens"),
    ("input_tokens_details", "cache_write_tokens"),
    ("", "cache_write_tokens"),
    ("", "cache_creation_input_tokens"),
)
REASONING: Final = (
    ("completion_tokens_details", "reasoning_tokens"),
    ("output_tokens_details", "reasoning_tokens"),
    ("output_tokens_details", "thinking_tokens"),
    ("", "reasoning_tokens"),
)
# Where written tokens are divided by how long they are kept, and how a part is called.
LIFETIMES: Final = ("cache_creation", "cache_write_tokens_details")
LIFETIME: Final = re.compile(r"(?:ephemeral|ttl)_([0-9]{1,3}[mh])(?:_input)?_tokens")
LONG: Final = "1h"
WORD_CHARS: Final = 40
# More digits are no number of anything; to read them would take long.
MOST_DIGITS: Final = 18

Group = dict[str, int]


class Counts:
    """What one answer has used, as its stream tells it bit by bit. `changed`: since `usage` was last called."""

    def __init__(self) -> None:
        self.changed = False
        self._prompt: Group = {}
        self._lifetimes: Group = {}
        self._answer: Group = {}
        self._told: dict[str, Any] = {}
        # What is charged by, as it came.
        self._words: dict[str, str] = {}

    def add(self, counts: Any, *, answer: bool = True) -> None:
        """Take in a usage object; without `answer` what it says of the answer is a placeholder."""
        if not isinstance(counts, dict):
            return
        self.changed = True
        self._add_prompt(counts)
        if answer:
            self._add_answer(counts)
        for name in ("service_tier", "speed", "inference_geo"):
            self.note(name, counts.get(name))
        searches = count(counts, "server_tool_use", "web_search_requests")
        if searches is not None:
            self._told["web_searches"] = searches
        if (cost := _cost(counts)) is not None:
            self._told["cost"] = cost

    def note(self, name: str, word: Any) -> None:
        """Take in what is charged by, where it stands elsewhere: `service_tier` and the like."""
        if word == self._words.get(name):
            # OpenAI says it with each piece.
            return
        if isinstance(word, str) and (plain := masked(word, limit=WORD_CHARS)):
            self._words[name] = word
            self.changed = self.changed or self._told.get(name) != plain
            self._told[name] = plain

    def usage(self, *, said: bool) -> Usage | None:
        """Return what is known by now; None where nothing is. `said`: the answer has said something."""
        self.changed = False
        if not (self._prompt or self._lifetimes or self._answer or self._told):
            return None
        prompt, cached, written = self._prompt_counts()
        completion, reasoning = self._answer_counts(prompt, said=said)
        return Usage(
            prompt_tokens=prompt,
            cached_tokens=cached,
            completion_tokens=completion,
            reasoning_tokens=reasoning,
            cache_write_tokens=written,
            long_cache_write_tokens=self._lifetimes.get(LONG) if written is not None else None,
            cache_write_lifetimes=(self._lifetimes or None) if written is not None else None,
            **self._told,
        )

    def _add_prompt(self, counts: dict[str, Any]) -> None:
        group: Group = {}
        for name, tokens in (
            ("inside", count(counts, "", "prompt_tokens")),
            ("beside", count(counts, "", "input_tokens")),
            ("cached", _first(counts, CACHED)),
            ("written", _first(counts, WRITTEN)),
        ):
            if tokens is not None:
                group[name] = tokens
        lifetimes = _lifetimes(counts)
        if "beside" in group and isinstance(counts.get("input_tokens_details"), dict):
            # The Responses API counts what was cached in its input.
            group["inside"] = group.pop("beside")
        if not any(group.values()) and not any(lifetimes.values()):
            # A first zero says at least that it was looked at.
            for name in ("cached", "written"):
                if name in group:
                    self._prompt.setdefault(name, 0)
            return
        if "inside" in group or "beside" in group:
            if lifetimes or group.get("written") != self._written():
                self._lifetimes = lifetimes
            self._prompt = group
        else:
            self._prompt |= group
            self._lifetimes |= lifetimes

    def _add_answer(self, counts: dict[str, Any]) -> None:
        group: Group = {}
        for name, tokens in (
            ("completion", _either(counts, "completion_tokens", "output_tokens")),
            ("reasoning", _first(counts, REASONING)),
            ("total", count(counts, "", "total_tokens")),
        ):
            if tokens is not None:
                group[name] = tokens
        # A total that is no more than the prompt is none of the answer.
        is_told = (
            group.get("completion") or group.get("reasoning") or group.get("total", 0) > self._prompt.get("inside", 0)
        )
        if is_told or not self._answer:
            self._answer = group

    def _prompt_counts(self) -> tuple[int | None, int | None, int | None]:
        group = self._prompt
        cached, written = group.get("cached"), self._written()
        through = (cached or 0) + (written or 0)
        if "inside" in group:
            prompt = group["inside"]
            if through and self._is_beside(prompt, through):
                prompt += through
            if prompt and through > prompt:
                return None, None, None
            return prompt or None, cached, written
        if "beside" in group:
            return (group["beside"] + through) or None, cached, written
        return None, cached, written

    def _is_beside(self, prompt: int, through: int) -> bool:
        """Whether a gateway counts what was cached beside the prompt: the total has as much more."""
        total, out = self._answer.get("total"), self._answer.get("completion", 0)
        thought = self._answer.get("reasoning", 0)
        # Thoughts may be beside the completion; where they are as many, it is them that the total has more.
        more = -1 if total is None else total - prompt - out
        return more != thought and more - through in (0, thought)

    def _written(self) -> int | None:
        """Return what was written to the cache: what it is divided into, if that is more."""
        written, kept = self._prompt.get("written"), sum(self._lifetimes.values())
        return max(written or 0, kept) if kept else written

    def _answer_counts(self, prompt: int | None, *, said: bool) -> tuple[int | None, int | None]:
        completion, reasoning = self._answer.get("completion"), self._answer.get("reasoning")
        total = self._answer.get("total")
        if total is not None and prompt is not None and total - prompt > (completion or 0):
            completion = total - prompt
        elif completion is not None and reasoning is not None and reasoning > completion:
            completion += reasoning
        if completion == 0 and said:
            return None, None
        if completion is None or (reasoning is not None and reasoning > completion):
            reasoning = None
        return completion, reasoning


def count(counts: dict[str, Any], holder: str, name: str) -> int | None:
    """Return a number of tokens from a usage object, or from the object called `holder` in it; None if it has none."""
    inner = counts.get(holder) if holder else counts
    value = inner.get(name) if isinstance(inner, dict) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= MOST_DIGITS else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < float("inf") else None


def _first(counts: dict[str, Any], places: tuple[tuple[str, str], ...]) -> int | None:
    """Return the first count above 0 of those in some places; 0 where they are only zeros, None where there is none."""
    found = [tokens for place in places if (tokens := count(counts, *place)) is not None]
    return next((tokens for tokens in found if tokens), 0 if found else None)


def _either(counts: dict[str, Any], *names: str) -> int | None:
    return _first(counts, tuple(("", name) for name in names))


def _lifetimes(counts: dict[str, Any]) -> Group:
    """Return the tokens written to the cache by how long they are kept, such as `{"5m": 10, "1h": 3}`."""
    details = (counts.get(name) for name in ("prompt_tokens_details", "input_tokens_details"))
    holders = [counts, *(each for each in details if isinstance(each, dict))]
    found: Group = {}
    for holder in holders:
        for name in LIFETIMES:
            parts = holder.get(name)
            if not isinstance(parts, dict):
                continue
            for part in parts:
                if (named := LIFETIME.fullmatch(str(part))) and (tokens := count(parts, "", part)) is not None:
                    found[named[1]] = tokens
    return found


def _cost(counts: dict[str, Any]) -> Decimal | None:
    """Return the provider's own price of the request in US dollars: OpenRouter's, Perplexity's, xAI's."""
    ticks = count(counts, "", "cost_in_usd_ticks")
    if ticks is not None:
        return ticks / TICKS_PER_DOLLAR
    value = counts.get("cost")
    if isinstance(value, dict):
        value = value.get("total_cost")
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        # A number that JSON brought as a binary float has these digits at its shortest.
        cost = Decimal(str(value))
    except InvalidOperation:
        return None
    return cost if cost.is_finite() and cost >= 0 else None
