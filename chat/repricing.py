"""Finds booked requests that cost something else by today's price list, and writes corrections for them."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain, groupby
from typing import Final

from django.db import connection
from django.utils import timezone

from chat import database
from chat.budgets import spending
from chat.models import ChatModel, Correction, Price, UsageRecord
from chat.usage import totals
from chat.usage.cost import Cost, UnitPrice, cost_of
from chat.usage.pagination import pages
from chat.usage.price_context import context_of
from chat.usage.prices import unit_price

# Corrections that are written in one transaction.
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Repriced:
    """A row of the ledger and what it costs by today's price list; `cost_before` is None where it had no cost."""

    record: UsageRecord
    price: Price
    cost_before: Decimal | None
    currency_before: str
    cost: Cost

    @property
    def currency(self) -> str:
        return self.price.currency


class PriceList:
    """Every price there ever was, read once."""

    def __init__(self) -> None:
        self._models = {(row.provider.name, row.name): row.pk for row in ChatModel.objects.select_related("provider")}
        self._prices: dict[tuple[int, str], list[Price]] = {}
        self._plain: dict[int, UnitPrice] = {}
        rows = Price.objects.prefetch_related("tiers").order_by("model_id", "context", "valid_from", "id")
        for key, prices in groupby(rows, key=lambda row: (row.model_id, row.context)):
            self._prices[key] = list(prices)

    def of(self, record: UsageRecord) -> Price | None:
        """Return the price that holds for a row of the ledger when its request was made; None where there is none.

        The model is the one with the row's name at its provider, or else the one that it was priced as. The rule is
        that of `usage/prices.py` without genai-prices: the rows tell which of its prices held then.
        """
        model = self._models.get((record.provider, record.model))
        if model is None:
            model = record.price.model_id if record.price else None
        if model is None:
            return None
        context, at = context_of(record), record.asked_at or record.created_at
        price, standard = self._newest(model, context, at), self._newest(model, "", at) if context else None
        if price is None or (price.origin == Price.Origin.BUNDLED and standard and standard.origin != price.origin):
            return None
        return price

    def _newest(self, model: int, context: str, at: datetime) -> Price | None:
        prices = self._prices.get((model, context), [])
        place = bisect_right(prices, at, key=lambda row: row.valid_from)
        return prices[place - 1] if place else None

    def plain(self, price: Price) -> UnitPrice:
        """Return a price as a plain value; kept."""
        if price.pk not in self._plain:
            self._plain[price.pk] = unit_price(price)
        return self._plain[price.pk]


def repriced(begin: datetime | None, end: datetime | None, model: str = "") -> Iterator[Repriced]:
    """Yield the rows made from `begin` on and before `end` that would cost something else."""
    prices = PriceList()
    records = UsageRecord.objects.filter(prompt_tokens__isnull=False, completion_tokens__isnull=False)
    if end is not None:
        records = records.filter(created_at__lt=end)
    if model:
        records = records.filter(model=model)
    found = pages(records.corrected().select_related("price"), lambda row: (row.created_at, row.pk), begin)
    for record in chain.from_iterable(found):
        price = prices.of(record)
        if price is None:
            continue
        before, currency = record.charged
        try:
            cost = cost_of(record, prices.plain(price))
        except ValueError:
            # Counts that contradict each other have no cost at any price, and searches none without theirs.
            continue
        if before != cost.total or currency != price.currency:
            yield Repriced(record, price, before, currency, cost)


@database.writing()
def apply(changes: list[Repriced]) -> None:
    """Write corrections, and carry them into the budgets and the days of their rows.

    Rows that somebody else corrected meanwhile are left out.
    """
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Correction._meta.db_table} IN EXCLUSIVE MODE")
    seen = UsageRecord.objects.filter(pk__in=[change.record.pk for change in changes]).corrected()
    # Read again: since then an account may have been deleted, and its rows be a former user's.
    newest = {row.pk: row for row in seen}
    now = timezone.now()
    rows = [
        Correction(
            record=newest[change.record.pk],
            created_at=now,
            price=change.price,
            cost_before=change.cost_before,
            currency_before=change.currency_before,
            input_cost=change.cost.input,
            output_cost=change.cost.output,
            search_cost=change.cost.search,
            cost=change.cost.total,
            currency=change.currency,
        )
        for change in changes
        if newest[change.record.pk].charged == change.record.charged
    ]
    Correction.objects.bulk_create(rows)
    spending.correct(rows, now)
    totals.correct(rows)
