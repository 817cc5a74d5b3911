"""The parts of the usage page: its tiles, its warnings, its charts and its tables, as people read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from chat.admin import chart, figures
from chat.models import ChatModel
from chat.usage.pricelist import prices_in_force
from chat.usage.reports import Figures, Model, Period

# Longer tables would be read by nobody; the ledger has every row.
MAX_ROWS: Final = 100
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Tile:
    """A big number, how it compares with the period before, and a line about it."""

    name: str
    value: str
    change: str
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """A table's row: what it is about, and the cells, in the order of COLUMNS."""

    name: str
    detail: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Gap:
    """Requests that are in no sum; `address` is where to mend it."""

    text: str
    address: str
    link: str


COLUMNS: Final = ("Requests", "Prompt tokens", "Completion tokens", "Cost", "No price", "Estimated", "Errors")


def tiles(now: Figures, before: Figures, period: Period) -> list[Tile]:
    """The totals, each compared with the period before."""
    span = "day" if period.days == 1 else f"{period.days} days"

    def compared(one: Decimal | int | None, other: Decimal | int | None) -> str:
        if one is None or not other:
            return f"nothing in the {span} before"
        return f"{figures.change(one, other)} on the {span} before"

    costs = [
        Tile(f"Cost, {name}", figures.money(amount, name), compared(amount, before.costs.get(name)), "")
        for name, amount in now.costs.items()
    ]
    prompt, completion = figures.count(now.prompt_tokens), figures.count(now.completion_tokens)
    return [
        *(costs or [Tile("Cost", figures.UNKNOWN, "", "no request had a price" if now.requests else "")]),
        Tile(
            "Requests",
            figures.count(now.requests),
            compared(now.requests, before.requests),
            f"{figures.share(now.estimated_share)} estimated" if now.estimated else "",
        ),
        Tile(
            "Tokens",
            figures.count(now.total_tokens),
            compared(now.total_tokens, before.total_tokens),
            f"{prompt} in, {completion} out",
        ),
        Tile(
            "Errors",
            figures.count(now.errors),
            compared(now.errors, before.errors),
            f"{figures.share(now.error_share)} of requests" if now.errors else "",
        ),
    ]


def gaps(request: HttpRequest, now: Figures, models: Mapping[Model, Figures]) -> Iterable[Gap]:
    """Say of each model how many requests have no price, and of all how many were never counted."""
    unpriced = {model: found.unpriced for model, found in models.items() if found.unpriced}
    rows = {row.name: row for row in ChatModel.objects.filter(name__in=[model.name for model in unpriced])}
    priced = prices_in_force(rows.values(), timezone.now()) if rows else {}
    may_add = request.user.has_perm("chat.add_price")
    for model, number in unpriced.items():
        row = rows.get(model.name)
        if row and row.pk in priced:
            yield Gap(f"{requests(number)} to {model.name} came before it had a price.", "", "")
        elif row and may_add:
            address = reverse("admin:chat_price_add", query={"model": row.pk})
            yield Gap(f"{requests(number)} to {model.name} {have(number)} no price.", address, "Add a price")
        else:
            yield Gap(f"{requests(number)} to {model.name} {have(number)} no price.", "", "")
    if now.uncosted:
        yield Gap(f"{requests(now.uncosted)} failed before the tokens were counted; the cost is unknown.", "", "")


def requests(number: int) -> str:
    return f"{number:,} request{'' if number == 1 else 's'}"


def have(number: int) -> str:
    return "has" if number == 1 else "have"


def charts(days: Mapping[date, Figures]) -> list[chart.Chart]:
    """The cost per day in each currency; where nothing has a price, the tokens per day."""
    nothing = Decimal(0)
    currencies = sorted({currency for found in days.values() for currency in found.costs})
    if not currencies:
        tokens = {day: Decimal(found.total_tokens or 0) for day, found in days.items()}
        return [chart.daily("tokens", "Tokens per day", tokens, lambda value: figures.count(int(value)))]
    return [
        chart.daily(
            currency,
            f"Cost per day, {currency}",
            {day: found.costs.get(currency, nothing) for day, found in days.items()},
            lambda value, currency=currency: figures.money(value, currency),  # type: ignore[misc]
        )
        for currency in currencies
    ]


def cells(found: Figures) -> list[str]:
    """The cells of a row under COLUMNS."""
    if not found.requests:
        return ["0", *[""] * (len(COLUMNS) - 1)]
    costs = " + ".join(figures.money(amount, currency) for currency, amount in found.costs.items())
    return [
        figures.count(found.requests),
        figures.count(found.prompt_tokens),
        figures.count(found.completion_tokens),
        costs or figures.UNKNOWN,
        figures.count(found.unpriced) if found.unpriced else "",
        figures.share(found.estimated_share) if found.estimated else "",
        figures.count(found.errors) if found.errors else "",
    ]


def top(found: Mapping[K, Figures]) -> list[tuple[K, Figures]]:
    """The rows that a table shows."""
    return list(found.items())[:MAX_ROWS]


def beyond(found: Mapping[K, Figures]) -> int:
    """How many rows `top` leaves out."""
    return max(len(found) - MAX_ROWS, 0)
