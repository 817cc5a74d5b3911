"""What tokens cost: exact decimal arithmetic on plain values."""

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Final, Protocol

PLACES: Final = 6
# Enough for any count of tokens times any price: nothing is ever rounded.
EXACT: Final = Context(prec=60)


class TokenCounts(Protocol):
    """The counts that are charged; `chat.events.Usage` is one. Those from and to the cache are part of the prompt's."""

    @property
    def prompt_tokens(self) -> int | None: ...
    @property
    def cached_tokens(self) -> int | None: ...
    @property
    def cache_write_tokens(self) -> int | None: ...
    @property
    def completion_tokens(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """Prices per million tokens, in `currency`, with at most 6 decimal places.

    Input from or to the cache without a price of its own costs what other input costs. Raises ValueError for a price
    that is negative, not a number, or finer than 6 places.
    """

    input_per_million: Decimal
    cached_input_per_million: Decimal | None
    output_per_million: Decimal
    currency: str
    cache_write_per_million: Decimal | None = None

    def __post_init__(self) -> None:
        cache = self.cached_input_per_million, self.cache_write_per_million
        for price in (self.input_per_million, self.output_per_million, *cache):
            if price is None:
                continue
            if not price.is_finite() or price < 0:
                raise ValueError("A price must be a number that is not negative.")
            if price != round(price, PLACES):
                raise ValueError(f"A price has at most {PLACES} decimal places.")


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
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    if min(usage.prompt_tokens, usage.completion_tokens, cached, written) < 0:
        raise ValueError("A count of tokens is never negative.")
    if cached + written > usage.prompt_tokens:
        raise ValueError("More tokens went through the cache than the prompt had.")
    full = price.input_per_million
    cached_price = full if price.cached_input_per_million is None else price.cached_input_per_million
    written_price = full if price.cache_write_per_million is None else price.cache_write_per_million
    with localcontext(EXACT):
        fresh = usage.prompt_tokens - cached - written
        millionths = fresh * full + cached * cached_price + written * written_price
        return Cost(
            input=millionths.scaleb(-6),
            output=(usage.completion_tokens * price.output_per_million).scaleb(-6),
        )
