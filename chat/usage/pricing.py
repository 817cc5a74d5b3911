"""What tokens cost: exact decimal arithmetic on plain values."""

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Final, Protocol

PLACES: Final = 6
# Enough for any count of tokens times any price: nothing is ever rounded.
EXACT: Final = Context(prec=60)


class TokenCounts(Protocol):
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
    def completion_tokens(self) -> int | None: ...


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
            if price is None:
                continue
            if not price.is_finite() or price < 0:
                raise ValueError("A price must be a number that is not negative.")
            if price != round(price, PLACES):
                raise ValueError(f"A price has at most {PLACES} decimal places.")


@dataclass(frozen=True, slots=True)
class Tier:
    """What all tokens of a request cost whose prompt is longer than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What a model's tokens cost, in `currency`; `tiers` for long prompts, the shortest first."""

    rates: Rates
    currency: str
    tiers: tuple[Tier, ...] = ()

    def at(self, prompt_tokens: int) -> Rates:
        """Return the rates for a request whose prompt is so long."""
        return next((tier.rates for tier in reversed(self.tiers) if prompt_tokens > tier.above), self.rates)


@dataclass(frozen=True, slots=True)
class Cost:
    """Amounts in the price's currency, exact, with at most 12 decimal places; `total` is the sum of the two."""

    input: Decimal
    output: Decimal

    @property
    def total(self) -> Decimal:
        with localcontext(EXACT):
            return self.input + self.output


def cost_of(usage: TokenCounts, price: UnitPrice) -> Cost:
    """Return what `usage` costs at `price`.

    Unknown is never taken for zero: without a count of the prompt or of the completion this raises ValueError, so
    estimate it first. An unknown count of tokens from or to the cache means that none was reported: that input is
    charged as any other. Raises ValueError for negative counts and for more of the cache than there was in the prompt.
    """
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        raise ValueError("Tokens that were not counted have no cost.")
    cached, written, kept = (
        tokens or 0 for tokens in (usage.cached_tokens, usage.cache_write_tokens, usage.long_cache_write_tokens)
    )
    if min(usage.prompt_tokens, usage.completion_tokens, cached, written, kept) < 0:
        raise ValueError("A count of tokens is never negative.")
    if cached + written > usage.prompt_tokens or kept > written:
        raise ValueError("More tokens went through the cache than the prompt had.")
    rates = price.at(usage.prompt_tokens)
    cached_rate = rates.input if rates.cached is None else rates.cached
    written_rate = rates.input if rates.cache_write is None else rates.cache_write
    kept_rate = written_rate if rates.long_cache_write is None else rates.long_cache_write
    with localcontext(EXACT):
        fresh = usage.prompt_tokens - cached - written
        millionths = fresh * rates.input + cached * cached_rate + (written - kept) * written_rate + kept * kept_rate
        return Cost(input=millionths.scaleb(-6), output=(usage.completion_tokens * rates.output).scaleb(-6))


def hourly(per_hour: Decimal, tokens_per_hour: int) -> Decimal:
    """Return the price of a million tokens on a machine that costs so much an hour and does so many in it.

    Rounded to the 6 places that a price has. Raises ValueError where no token is done.
    """
    if tokens_per_hour < 1:
        raise ValueError("A machine that does no token has no price for one.")
    with localcontext(EXACT):
        return round(per_hour.scaleb(6) / tokens_per_hour, PLACES)
