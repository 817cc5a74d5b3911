"""What a month will have cost, told from the days so far. Pure.

The mean of working days and that of weekends, each over the last complete days, goes for every day that is left.
The range holds four of five months if days are independent of each other: it widens with how much days differ, with
how many are left and with how few there are to learn from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from statistics import fmean, variance
from typing import Final

LEAST_DAYS: Final = 3
# Four weeks hold every day of the week as often.
MOST_DAYS: Final = 28
# Below two weeks there are too few weekends to tell them from other days.
WEEKDAY_AWARE_DAYS: Final = 14
# Of a normal distribution, four fifths lie so many standard deviations around the mean.
DEVIATIONS: Final = 1.28


@dataclass(frozen=True, slots=True)
class Forecast:
    """Amounts in one currency: spent this month so far, and at its end; `days` is how many it was learnt from."""

    spent: Decimal
    low: Decimal
    likely: Decimal
    high: Decimal
    days: int


def forecast(costs: Mapping[date, Decimal], today: date) -> Forecast | None:
    """Return what the month of `today` will have cost; None before three complete days since the first cost."""
    month = today.replace(day=1)
    spent = sum((cost for day, cost in costs.items() if month <= day <= today), Decimal(0))
    first = min((day for day, cost in costs.items() if cost), default=today)
    first = max(first, today - timedelta(days=MOST_DAYS))
    known = [first + timedelta(days=number) for number in range((today - first).days)]
    if len(known) < LEAST_DAYS:
        return None
    end = (month + timedelta(days=31)).replace(day=1)
    left = [today + timedelta(days=number) for number in range((end - today).days)]
    apart = len(known) >= WEEKDAY_AWARE_DAYS
    likely, spread = 0.0, 0.0
    for weekend in (False, True) if apart else (None,):
        past = [float(costs.get(day, 0)) for day in known if weekend in (None, day.weekday() >= 5)]
        ahead = sum(weekend in (None, day.weekday() >= 5) for day in left)
        likely += ahead * fmean(past)
        spread += variance(past) * (ahead + ahead**2 / len(past))
    # Of today there is already a part.
    likely += float(spent - costs.get(today, Decimal(0)))
    about = DEVIATIONS * sqrt(spread)
    low, middle, high = (
        max(spent, Decimal(str(round(value, 6)))) for value in (likely - about, likely, likely + about)
    )
    return Forecast(spent, low, middle, high, len(known))
