"""Days in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Period:
    """Days in UTC, both ends included. Raises ValueError, with a sentence for people, where it makes no sense."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("The first day must not come after the last.")

    @classmethod
    def last_days(cls, days: int, today: date) -> Self:
        """The `days` days up to and including `today`."""
        return cls(today - timedelta(days=days - 1), today)

    @classmethod
    def month_of(cls, day: date) -> Self:
        """The whole month that a day is in."""
        first = day.replace(day=1)
        return cls(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time.min, UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last, time.min, UTC) + timedelta(days=1)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.days))


def today() -> date:
    return datetime.now(UTC).date()
