"""What one request used: the provider's own counts, where they make sense, and estimates for the rest."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from chat.database import storable_text
from chat.errors import ChatError
from chat.events import Usage
from chat.models import UsageRecord
from chat.models.money import PLACES
from chat.usage.vocabulary import SILENCE_SECONDS, TokenEstimator

# Fields of a provider's usage that are numbers of tokens, and fields that are words of its own.
COUNTS: Final = (
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cache_write_tokens",
    "long_cache_write_tokens",
)
WORDS: Final = ("service_tier", "speed", "inference_geo")
LONGEST_WORD: Final = 50
# Far less than the largest sum that the database keeps.
LARGEST_COST: Final = Decimal(10**6)
# Ten times what the model with the largest context takes: more is no count of one request.
LARGEST_COUNT: Final = 10**8
# How a request ends whose connection was lost or fell silent: the provider may well have worked on it, and billed it.
LOST: Final = frozenset({"network_error", "timeout", "interrupted"})

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spent:
    """One request that was made: what was sent and said, to estimate from, and what the provider reported.

    Times are in seconds from when the request was made. `error` is None for a regular end and for Stop. `sent` is False
    where it ended before the request left. `thoughts` is what of `said` was reasoning. `asked_at` is when the request
    was made, whose price holds; None where nobody knows it any more. `finish_detail` is the provider's own word for an
    end that is none of ours, `reached_tokens` how long an answer might become that ended there.
    """

    prompt: tuple[str, ...] = field(repr=False)
    said: str = field(repr=False)
    usage: Usage | None
    finish_reason: str
    error: ChatError | None
    ttft_seconds: float | None
    elapsed_seconds: float
    sent: bool = True
    thoughts: str = field(default="", repr=False)
    asked_at: datetime | None = None
    finish_detail: str | None = None
    reached_tokens: int | None = None


def counted_usage(spent: Spent, estimator: TokenEstimator) -> tuple[Usage, UsageRecord.Source]:
    """Return the provider's own counts, with estimates where it was cut off before it could give them.

    They are called estimated as soon as one of them is. A request the provider turned down before the first word is
    not billed, but nothing says so: its counts stay unknown. What the provider says is learnt from.
    """
    reported = _consistent(_countable(spent.usage or Usage()))
    estimator.learn(spent.prompt, spent.said, spent.thoughts, reported)
    if reported.prompt_tokens is not None and reported.completion_tokens is not None:
        return reported, UsageRecord.Source.PROVIDER
    if spent.error and spent.error.code not in LOST and not spent.said:
        return reported, UsageRecord.Source.ESTIMATED
    prompt_tokens = reported.prompt_tokens
    if prompt_tokens is None:
        cached = (reported.cached_tokens or 0) + (reported.cache_write_tokens or 0)
        prompt_tokens = max(cached, estimator.prompt_tokens(spent.prompt))
    completion_tokens = reported.completion_tokens
    if completion_tokens is None:
        completion_tokens = max(_completion_tokens(spent, estimator), reported.reasoning_tokens or 0)
    estimated = replace(reported, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
    return estimated, UsageRecord.Source.ESTIMATED


def _completion_tokens(spent: Spent, estimator: TokenEstimator) -> int:
    """Return about how many tokens an answer was, with what was thought and not shown.

    One that ended at its limit was as long as that. Of others the time until the first word may tell.
    """
    said = estimator.tokens(spent.said)
    if not spent.said:
        said = estimator.hidden_tokens(spent.elapsed_seconds)
    elif not spent.thoughts and (spent.ttft_seconds or 0) > SILENCE_SECONDS:
        said += estimator.hidden_tokens(spent.ttft_seconds or 0)
    return max(said, spent.reached_tokens or 0)


def _countable(usage: Usage) -> Usage:
    """Return the usage without what is no count (below zero, or more than one request can use), word or price."""

    def count(tokens: int | None) -> int | None:
        return tokens if tokens is not None and 0 <= tokens <= LARGEST_COUNT else None

    lifetimes = {name: tokens for name, tokens in (usage.cache_write_lifetimes or {}).items() if count(tokens)}
    return replace(
        usage,
        **{name: count(getattr(usage, name)) for name in (*COUNTS, "web_searches")},
        **{name: storable_text(getattr(usage, name) or "").strip()[:LONGEST_WORD] or None for name in WORDS},
        cache_write_lifetimes=lifetimes or None,
        cost=_amount(usage.cost),
    )


def _amount(told: Decimal | None) -> Decimal | None:
    """Return a provider's own price, to the places that are kept; None for one that is none."""
    if told is None or not told.is_finite() or not 0 <= told <= LARGEST_COST:
        return None
    return round(told, PLACES)


def _consistent(usage: Usage) -> Usage:
    """Return the counts with no part larger than its whole.

    Some gateways count what was cached beside the prompt, not in it, and nobody knows which of both they mean: that
    prompt is estimated. Thoughts beyond the completion can only have been counted beside it.
    """
    prompt, completion, written = usage.prompt_tokens, usage.completion_tokens, usage.cache_write_tokens or 0
    kept = max(usage.long_cache_write_tokens or 0, sum((usage.cache_write_lifetimes or {}).values()))
    if (prompt is not None and (usage.cached_tokens or 0) + written > prompt) or kept > written:
        logger.warning("The provider's usage makes no sense, so its prompt is estimated: %s", usage)
        usage = replace(
            usage,
            prompt_tokens=None,
            cached_tokens=None,
            cache_write_tokens=None,
            long_cache_write_tokens=None,
            cache_write_lifetimes=None,
        )
    if completion is not None and (thought := usage.reasoning_tokens or 0) > completion:
        logger.warning("The provider counted thoughts beside its completion: %s", usage)
        usage = replace(usage, completion_tokens=min(completion + thought, LARGEST_COUNT))
    return usage
