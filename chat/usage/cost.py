"""What a request costs: exact decimal arithmetic on plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Final, Protocol

PLACES: Final = 6
# Enough for any count of tokens times any price: nothing is ever rounded.
EXACT: Final = Context(prec=60)
# How long what is written to a cache may stay there at the price for writing; an hour has a price of its own.
SHORT_LIFETIMES: Final = frozenset({"5m", "30m"})
HOUR: Final = "1h"


class UnknownRateError(ValueError):
    """Something was used whose price nobody knows, so the cost is not known either."""


class Counts(Protocol):
    """The counts that are charged; `chat.events.Usage` is one.

    Those from and to the cache are part of the prompt's, those kept there for long part of those written to it.
    """

    @property
    def prompt_tokens(self) -> int | None: ...
    @property
    def cached_tokens(self) -> int | None: ...
    @property
    def cache_write_tokens(self) -> int | None: ...
    @property
    def long_cache_write_tokens(self) -> int | None: ...
    @property
    def cache_write_lifetimes(self) -> Mapping[str, int] | None: ...
    @property
    def completion_tokens(self) -> int | None: ...
    @property
    def web_searches(self) -> int | None: ...


def check_amount(amount: Decimal) -> None:
    """Raise ValueError for a price that is negative, not a number, or finer than 6 places."""
    if not amount.is_finite() or amount < 0:
        raise ValueError("A price must be a number that is not negative.")
    if amount != round(amount, PLACES):
        raise ValueError(f"A price has at most {PLACES} decimal places.")


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices per million tokens, with at most 6 decimal places.

    Input from or to the cache without a price of its own costs what other input costs, and what is kept there for
    long as what is written. Raises ValueError for a price that is negative, not a number, or finer than 6 places.
    """

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    cache_write: Decimal | None = None
    long_cache_write: Decimal | None = None

    def __post_init__(self) -> None:
        for price in (self.input, self.output, self.cached, self.cache_write, self.long_cache_write):
            if price is not None:
                check_amount(price)

    def saved_by_cache(self) -> tuple[Decimal, Decimal, Decimal]:
        """Return what a million tokens cost less than other input: read, written, and written for long.

        Below zero where they cost more.
        """
        read = Decimal(0) if self.cached is None else self.input - self.cached
        written = Decimal(0) if self.cache_write is None else self.input - self.cache_write
        return read, written, written if self.long_cache_write is None else self.input - self.long_cache_write


@dataclass(frozen=True, slots=True)
class Tier:
    """What all tokens of a request cost whose prompt is longer than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What a model's tokens cost, in `currency`; `tiers` for long prompts, the shortest first.

    `searches` is the price of a thousand web searches, None where nobody knows it.
    """

    rates: Rates
    currency: str
    tiers: tuple[Tier, ...] = ()
    searches: Decimal | None = None

    def __post_init__(self) -> None:
        if self.searches is not None:
            check_amount(self.searches)

    def at(self, prompt_tokens: int) -> Rates:
        """Return the rates for a request whose prompt is so long."""
        return next((tier.rates for tier in reversed(self.tiers) if prompt_tokens > tier.above), self.rates)


@dataclass(frozen=True, slots=True)
class Cost:
    """Amounts in the price's currency, exact, with at most 12 decimal places; `total` is the sum of the first three.

    `search` is for web searches, None where none were made. `saving` is what the tokens from and to the cache would
    have cost more as other input, below zero where they would have cost less.
    """

    input: Decimal
    output: Decimal
    search: Decimal | None = None
    saving: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        with localcontext(EXACT):
            return self.input + self.output + (self.search or 0)


def cost_of(usage: Counts, price: UnitPrice) -> Cost:
    """Return what `usage` costs at `price`.

    Unknown is never taken for zero: without a count of the prompt or of the completion this raises ValueError, so
    estimate it first. An unknown count of tokens from or to the cache means that none was reported: that input is
    charged as any other. Raises ValueError for negative counts and for more of the cache than there was in the prompt,
    UnknownRateError for web searches, or for a time that the cache keeps something, without a price.
    """
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        raise ValueError("Tokens that were not counted have no cost.")
    cached, written, searches = (n or 0 for n in (usage.cached_tokens, usage.cache_write_tokens, usage.web_searches))
    rates = price.at(usage.prompt_tokens)
    kept = _kept(usage, rates)
    if min(usage.prompt_tokens, usage.completion_tokens, cached, written, kept, searches) < 0:
        raise ValueError("A count is never negative.")
    if cached + written > usage.prompt_tokens or kept > written:
        raise ValueError("More tokens went through the cache than the prompt had.")
    if searches and price.searches is None:
        raise UnknownRateError("The price of web searches")
    read_saves, write_saves, keep_saves = rates.saved_by_cache()
    with localcontext(EXACT):
        saving = cached * read_saves + (written - kept) * write_saves + kept * keep_saves
        return Cost(
            input=(usage.prompt_tokens * rates.input - saving).scaleb(-6),
            output=(usage.completion_tokens * rates.output).scaleb(-6),
            search=(searches * price.searches).scaleb(-3) if searches and price.searches is not None else None,
            saving=saving.scaleb(-6),
        )


def _kept(usage: Counts, rates: Rates) -> int:
    """Return how many tokens are charged as kept for long.

    A lifetime beyond an hour is charged so, too, where long ones have a price; where only writing has one it is not
    known what it costs.
    """
    lifetimes = usage.cache_write_lifetimes or {}
    other = {name: tokens for name, tokens in lifetimes.items() if name not in SHORT_LIFETIMES and tokens}
    if other.keys() - {HOUR} and rates.long_cache_write is None and rates.cache_write is not None:
        raise UnknownRateError(f"The price of what the cache keeps for {', '.join(sorted(other.keys() - {HOUR}))}")
    long = usage.long_cache_write_tokens or 0
    return max(long, sum(other.values())) if other else long


def hourly(per_hour: Decimal, tokens_per_hour: int) -> Decimal:
    """Return the price of a million tokens on a machine that costs so much an hour and does so many in it.

    Rounded to the 6 places that a price has. Raises ValueError where no token is done.
    """
    if tokens_per_hour < 1:
        raise ValueError("A machine that does no token has no price for one.")
    with localcontext(EXACT):
        return round(per_hour.scaleb(6) / tokens_per_hour, PLACES)
