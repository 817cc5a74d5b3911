"""Formats numbers, money and times for people to read."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

UNKNOWN: Final = "—"
LEAST: Final = Decimal("0.0001")
SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}


def count(number: int | None) -> str:
    """A whole number with thousands separators; a dash where it is unknown."""
    return UNKNOWN if number is None else f"{number:,}"


def brief(number: int | None) -> str:
    """A number for a headline: in millions from ten millions on, so that it fits on a phone."""
    return count(number) if number is None or number < 10_000_000 else f"{number / 1_000_000:,.1f} M"


def money(amount: Decimal | None, currency: str) -> str:
    """An amount to the cent; below one unit with 4 places, and with as many as its first two digits need."""
    if amount is None:
        return UNKNOWN
    places = 2
    if amount and abs(amount) < 1:
        places = max(4, 1 - amount.adjusted())
    symbol = SYMBOLS.get(currency, f"{currency} ")
    return f"{symbol}{amount:,.{places}f}"


def cost(amount: Decimal | None, currency: str) -> str:
    """An amount for who pays it: as `money`, but no digits below a hundredth of a cent."""
    if amount is not None and 0 < amount < LEAST:
        return f"under {rate(LEAST, currency)}"
    return money(amount, currency)


def rate(amount: Decimal, currency: str) -> str:
    """A price with all its digits, at least two of them after the point."""
    exact = f"{amount.normalize():,f}"
    whole, _, places = exact.partition(".")
    return f"{SYMBOLS.get(currency, currency + ' ')}{whole}.{places.ljust(2, '0')}"


def share(part: float | None) -> str:
    """A share from 0 to 1 as a percentage; a dash where it is unknown."""
    if part is None:
        return UNKNOWN
    percent = part * 100
    return "under 1 %" if 0 < percent < 1 else f"{percent:.0f} %"


def change(now: Decimal | int, before: Decimal | int) -> str:
    """How much more or less than before, in percent; empty where there is nothing to compare with."""
    if not before:
        return ""
    percent = round((Decimal(now) - before) / before * 100)
    return f"{percent:+,} %".replace("-", "−") if percent else "±0 %"


def seconds(duration_seconds: float | None) -> str:
    """A duration in seconds with one place; a dash where it is unknown."""
    return UNKNOWN if duration_seconds is None else f"{duration_seconds:,.1f} s"


def moment(at: datetime) -> str:
    """A moment in UTC to the second, in digits that sort: 2026-01-31 23:59:59."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
