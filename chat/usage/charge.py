"""What an answer, or a whole conversation, cost in all: the sum over the requests that were made for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from chat.events import Charge
from chat.models import UsageRecord

# The columns that `spent_by` reads.
COUNTED: Final = ("prompt_tokens", "completion_tokens", "cost", "currency", "source")


@dataclass(slots=True)
class Spent:
    """What requests have used and cost, as they are `charged`: amounts by currency.

    `unpriced` requests are in no amount. `estimated` tells whether some counts are estimates.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    unpriced: int = 0
    estimated: bool = False
    costs: dict[str, Decimal] = field(default_factory=dict)


def spent_by(records: Iterable[UsageRecord]) -> Spent:
    """Return the sum of any requests, which are `corrected()`."""
    spent = Spent()
    for record in records:
        cost, currency = record.charged
        is_counted = record.completion_tokens is not None
        spent.prompt_tokens += record.prompt_tokens or 0
        spent.completion_tokens += record.completion_tokens or 0
        spent.estimated |= is_counted and record.source == UsageRecord.Source.ESTIMATED
        if cost is not None:
            spent.costs[currency] = spent.costs.get(currency, Decimal(0)) + cost
        elif is_counted:
            spent.unpriced += 1
    return spent


def charge_of(attempts: Iterable[UsageRecord]) -> Charge | None:
    """Return the sum of all attempts at one message, as they are `charged`; None where there was none.

    A sum is None as soon as one attempt does not know its part, and so is the cost, also where currencies differ; of
    what a corrected attempt saved nothing is known. Attempts that were turned down before a word only count where there
    is no other: nothing was used. The tier is the one that all of them were charged by, None where there is none.
    """
    everything = list(attempts)
    answered = [record for record in everything if not record.error_type or record.completion_tokens is not None]
    records = answered or everything
    if not records:
        return None

    def total(name: str) -> int | None:
        counts = [getattr(record, name) for record in records]
        return None if None in counts else sum(counts)

    def amount(name: str) -> Decimal | None:
        amounts = [getattr(record, name) for record in records]
        return None if None in amounts else sum(amounts, Decimal(0))

    prompt_tokens, completion_tokens = total("prompt_tokens"), total("completion_tokens")
    known = prompt_tokens is not None and completion_tokens is not None
    charges = [record.charged for record in records]
    costs = [cost for cost, _ in charges if cost is not None]
    currencies = {currency for _, currency in charges}
    tiers = {record.service_tier for record in records}
    return Charge(
        prompt_tokens=prompt_tokens,
        cached_tokens=total("cached_tokens"),
        completion_tokens=completion_tokens,
        reasoning_tokens=total("reasoning_tokens"),
        total_tokens=prompt_tokens + completion_tokens if known else None,  # type: ignore[operator]
        cost=sum(costs, Decimal(0)) if len(costs) == len(charges) and len(currencies) == 1 else None,
        currency=charges[0][1],
        source="provider" if all(record.source == "provider" for record in records) else "estimated",
        cache_write_tokens=total("cache_write_tokens"),
        service_tier=tiers.pop() or None if len(tiers) == 1 else None,
        provider_cost=amount("provider_cost"),
        cache_saving=amount("cache_saving") if all(record.currency_now is None for record in records) else None,
    )
