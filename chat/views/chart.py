"""A bar for each day, drawn on the server: plain shapes that any theme can colour and any reader can read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from chat.usage.reports import Figures
from chat.views import formatting

SLOT: Final = 10
GAP: Final = 2
HEIGHT: Final = 100
# A day with very little must not look like a day with nothing.
SMALLEST_BAR: Final = 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's bar, in the units of the chart's view box; `label` says its day and value."""

    x: int
    y: float
    width: int
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`key` is unique on the page. `scale` labels the lines from the top down to zero, `ends` the axis below."""

    key: str
    title: str
    description: str
    width: int
    height: int
    bars: list[Bar]
    scale: list[str]
    ends: list[str]


def daily(key: str, title: str, values: Mapping[date, Decimal], shown: Callable[[Decimal], str]) -> Chart:
    """Return the chart of `values`, in their order; `shown` writes a value for people."""
    days = list(values)
    most = max(values, key=lambda day: values[day])
    top = ceiling(values[most])
    bars = []
    for number, (day, value) in enumerate(values.items()):
        height = max(float(value / top * HEIGHT), SMALLEST_BAR) if value else 0.0
        bars.append(
            Bar(
                x=number * SLOT + GAP // 2,
                y=round(HEIGHT - height, 2),
                width=SLOT - GAP,
                height=round(height, 2),
                label=f"{long(day)}: {shown(value)}",
            )
        )
    return Chart(
        key=key,
        title=title,
        description=f"From {long(days[0])} to {long(days[-1])}. The most was {shown(values[most])} on {long(most)}.",
        width=len(days) * SLOT,
        height=HEIGHT,
        bars=bars,
        scale=[shown(top), shown(top / 2), shown(Decimal(0))],
        ends=[short(days[0]), short(days[-1])] if len(days) > 1 else [short(days[0])],
    )


def costs(days: Mapping[date, Figures]) -> list[Chart]:
    """The cost per day in each currency; where nothing has a price, the tokens per day."""
    nothing = Decimal(0)
    currencies = sorted({currency for found in days.values() for currency in found.costs})
    if not currencies:
        tokens = {day: Decimal(found.total_tokens or 0) for day, found in days.items()}
        return [daily("tokens", "Tokens per day", tokens, lambda value: formatting.count(int(value)))]
    return [
        daily(
            currency,
            f"Cost per day, {currency}",
            {day: found.costs.get(currency, nothing) for day, found in days.items()},
            lambda value, currency=currency: formatting.money(value, currency),  # type: ignore[misc]
        )
        for currency in currencies
    ]


def ceiling(value: Decimal) -> Decimal:
    """The next of 1, 2, 4, 6, 8 or 10 times a power of ten: its half is a round number too."""
    if not value:
        return Decimal(1)
    power = Decimal(1).scaleb(value.adjusted())
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value)


def long(day: date) -> str:
    """4 Jan 2026"""
    return f"{day.day} {day:%b %Y}"


def short(day: date) -> str:
    """4 Jan"""
    return f"{day.day} {day:%b}"
