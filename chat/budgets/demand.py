"""What a request may use at most, by estimate: how much is to be reserved for it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Final, Self

from chat import runtime
from chat.models import Budget
from chat.providers.base import CompletionRequest
from chat.providers.unsupported_parameters import SMALL_LIMIT
from chat.usage.cost import UnitPrice
from chat.usage.estimate import TokenRegression, Vector, predicted, prompt_features
from chat.usage.ledger import Account
from chat.usage.prices import price_in_force, unit_price

# Tokens of an answer whose request sets no limit: the most that the usual models take. Hidden reasoning could outgrow
# any smaller number unseen.
LONGEST_REQUEST: Final = 16_384
# Of an answer that may be longer than this the rest is reserved while it grows: others want some, too.
MOST_AT_FIRST: Final = 32_768


class SmallLimitModels:
    """Models whose servers refused `LONGEST_REQUEST` as a limit, as (provider, model)."""

    def __init__(self) -> None:
        self.names: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True)
class Demand:
    """Estimated tokens of a request and its price; `price` is None where nobody knows it."""

    prompt_tokens: int
    answer_tokens: int
    price: UnitPrice | None

    @classmethod
    def of(
        cls,
        account: Account,
        request: CompletionRequest,
        now: datetime,
        regression: TokenRegression,
        features: Vector | None = None,
    ) -> Self:
        """Return the demand of a request made at `now`; `features` are the prompt's, where they are known already."""
        if features is None:
            features = prompt_features(turn.content for turn in request.turns)
        price = price_in_force(account.model_id, now) if account.model_id else None
        return cls(
            prompt_tokens=ceil(predicted(features, regression.weights())),
            answer_tokens=longest_request(request.max_tokens, (account.provider, account.model)),
            price=unit_price(price) if price else None,
        )

    def per_token(self, budget: Budget) -> tuple[int, int]:
        """Return what a token of the prompt and one of the answer count in this budget."""
        if budget.in_tokens:
            return 1, 1
        if self.price is None or self.price.currency != budget.unit:
            return 0, 0
        # Which tier holds is known at the end; writing to the cache costs more than plain input.
        rates = [self.price.rates, *(tier.rates for tier in self.price.tiers)]
        prompts = [rate for each in rates for rate in (each.input, each.cache_write, each.long_cache_write) if rate]
        # A price per million tokens, times 10^6, is that of one token in units of 10^-12.
        return int(max(prompts, default=Decimal(0)).scaleb(6)), int(max(each.output for each in rates).scaleb(6))


def longest_request(max_tokens: int | None, model: tuple[str, str]) -> int:
    """Return how many tokens a request asks for at most, given its own limit; `model` is (provider, name)."""
    if max_tokens is not None:
        return min(max_tokens, MOST_AT_FIRST)
    return SMALL_LIMIT if model in runtime.part(SmallLimitModels).names else LONGEST_REQUEST
