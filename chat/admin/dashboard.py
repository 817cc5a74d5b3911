"""The parts of the usage page: its tiles, its warnings, its charts and its tables, as people read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from chat.admin import health
from chat.admin.charts import Drawing
from chat.models import ChatModel
from chat.usage.forecast import forecast
from chat.usage.latency import NONE, Buckets, added, quantile
from chat.usage.period import Period
from chat.usage.prices import prices_in_force
from chat.usage.reports import Figures, Model
from chat.views import chart, formatting

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
    """A table's row: what it is about and where that leads, and the cells, in the order of COLUMNS."""

    name: str
    detail: str
    link: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A question's answer: a table, and charts of it. `more` is how many rows are left out."""

    caption: str
    first: str
    rows: list[Row]
    more: int = 0
    drawings: list[Drawing] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Gap:
    """Requests that are in no sum; `address` is where to mend it."""

    text: str
    address: str
    link: str


COLUMNS: Final = ("Cost", "Requests", "Prompt tokens", "Completion tokens", "No price", "Estimated", "Errors")


def tiles(now: Figures, before: Figures, period: Period, since: date | None) -> list[Tile]:
    """The totals, each compared with the period before, as far as the ledger knows it: it begins with `since`."""
    span = "day" if period.days == 1 else f"{period.days} days"
    unknown = since is None or since > period.before.first

    def compared(one: Decimal | int | None, other: Decimal | int | None) -> str:
        if unknown:
            return (
                f"the {span} before: unknown" if since is None else f"nothing is known from before {chart.long(since)}"
            )
        if one is None or not other:
            return f"nothing in the {span} before"
        return f"{formatting.change(one, other)} on the {span} before"

    costs = [
        Tile(f"Cost, {name}", formatting.money(amount, name), compared(amount, before.costs.get(name)), "")
        for name, amount in now.costs.items()
    ]
    prompt, completion = formatting.count(now.prompt_tokens), formatting.count(now.completion_tokens)
    return [
        *(costs or [Tile("Cost", formatting.UNKNOWN, "", "no request had a price" if now.requests else "")]),
        Tile(
            "Requests",
            formatting.count(now.requests),
            compared(now.requests, before.requests),
            f"{formatting.share(now.estimated_share)} estimated" if now.estimated else "",
        ),
        Tile(
            "Tokens",
            formatting.brief(now.total_tokens),
            compared(now.total_tokens, before.total_tokens),
            f"{prompt} in, {completion} out",
        ),
        Tile(
            "Errors",
            formatting.count(now.errors),
            compared(now.errors, before.errors),
            f"{formatting.share(now.error_share)} of requests" if now.errors else "",
        ),
    ]


def gaps(request: HttpRequest, now: Figures, models: Mapping[Model, Figures]) -> Iterable[Gap]:
    """Say of each model how many requests have no price, and of all how many were never counted."""
    unpriced = {model: found.unpriced for model, found in models.items() if found.unpriced}
    found = ChatModel.objects.filter(name__in=[model.name for model in unpriced]).select_related("provider")
    rows = {row.name: row for row in found}
    priced = prices_in_force(rows.values(), timezone.now()) if rows else {}
    may_add = request.user.has_perm("chat.add_price")
    for model, number in unpriced.items():
        row = rows.get(model.name)
        if row and row.pk in priced:
            address = reverse("admin:chat_usagerecord_changelist", query={"model": model.name, "cost": "unpriced"})
            why = "came before it had a price, or by a tier that has none"
            yield Gap(f"{requests(number)} to {model.name} {why}.", address, "Look")
        elif row and may_add:
            address = reverse("admin:chat_price_add", query={"model": row.pk})
            yield Gap(f"{requests(number)} to {model.name} {have(number)} no price.", address, "Add a price")
        else:
            yield Gap(f"{requests(number)} to {model.name} {have(number)} no price.", "", "")
    if now.uncosted:
        why = "failed before the tokens were counted, or made searches that have no price"
        yield Gap(f"{requests(now.uncosted)} {why}; the cost is unknown.", "", "")


def requests(number: int) -> str:
    return f"{number:,} request{'' if number == 1 else 's'}"


def have(number: int) -> str:
    return "has" if number == 1 else "have"


def latency(waits: Mapping[tuple[Any, ...], Buckets], before: Buckets) -> Tile:
    """The time to the first token."""
    buckets = added(waits).get((), NONE)
    middle, late, old = quantile(buckets, 0.5), quantile(buckets, 0.95), quantile(before, 0.5)
    changed = formatting.change(Decimal(middle), Decimal(old)) if middle is not None and old else ""
    compared = f"{changed} on the period before" if changed else ""
    note = f"95 % within {health.wait(late)}" if late is not None else ""
    return Tile("First token, median", health.wait(middle), compared, note)


def forecasts(recent: Mapping[date, Figures], today: date) -> Iterable[Tile]:
    """What the month will have cost in each currency, where there are days enough to tell."""
    for currency in sorted({currency for found in recent.values() for currency in found.costs}):
        costs = {day: found.costs.get(currency, Decimal(0)) for day, found in recent.items()}
        told = forecast(costs, today)
        if told is not None and told.high:
            low, high = formatting.money(told.low, currency), formatting.money(told.high, currency)
            spent = formatting.money(told.spent, currency)
            yield Tile(
                f"{today:%B} in {currency}, forecast",
                f"≈ {formatting.money(told.likely, currency)}",
                f"{low} to {high}, four times in five",
                f"{spent} so far; told from the last {told.days} days",
            )


def row(name: str, found: Figures, detail: str = "", link: str = "") -> Row:
    """A table's row."""
    return Row(name, detail, link, cells(found))


def cells(found: Figures) -> list[str]:
    """The cells of a row under COLUMNS."""
    if not found.requests:
        return ["", "0", *[""] * (len(COLUMNS) - 2)]
    costs = " + ".join(formatting.money(amount, currency) for currency, amount in found.costs.items())
    return [
        costs or formatting.UNKNOWN,
        formatting.count(found.requests),
        formatting.count(found.prompt_tokens),
        formatting.count(found.completion_tokens),
        formatting.count(found.unpriced) if found.unpriced else "",
        formatting.share(found.estimated_share) if found.estimated else "",
        formatting.count(found.errors) if found.errors else "",
    ]


def top(found: Mapping[K, Figures]) -> list[tuple[K, Figures]]:
    """The rows that a table shows."""
    return list(found.items())[:MAX_ROWS]


def beyond(found: Mapping[K, Figures]) -> int:
    """How many rows `top` leaves out."""
    return max(len(found) - MAX_ROWS, 0)
