"""Keeps the sums of each day, in the transaction that writes the ledger's rows."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from math import floor
from typing import Any, Final, Self

from django.db import connection

from chat.models import Correction, DailyTotal, UsageRecord
from chat.models.daily import KEYS, TTFT_ENDS, TTFT_FIELDS, UNKNOWN
from chat.models.money import parts

# Columns that are NULL until a request has a value for them.
SUMS: Final = (
    "prompt_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cost_millionths",
    "cost_rest",
)
COUNTS: Final = ("requests", "errors", "unpriced", "uncosted", "elapsed_ms", *TTFT_FIELDS)
# A statement holds at most 32,766 values on SQLite.
ROWS_AT_ONCE: Final = 500
Numbers = dict[str, int | None]


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """The key of a total: the columns that tell its row, in the order of KEYS."""

    grain: str
    day: date
    provider: str
    model: str
    user_id: int
    username: str
    group: str
    api_key_id: int
    api_key_name: str
    source: str
    kind: str
    currency: str

    @classmethod
    def finest(cls, record: UsageRecord, currency: str | None = None) -> Self:
        """Return the key of the finest total that a record counts in."""
        return cls(
            grain=DailyTotal.Grain.FINEST.value,
            day=record.created_at.astimezone(UTC).date(),
            provider=record.provider,
            model=record.model,
            user_id=record.user_id,
            username=record.username,
            group=record.group,
            api_key_id=record.api_key_id or 0,
            api_key_name=record.api_key_name,
            source=str(record.source),
            kind=str(record.kind),
            currency=currency or record.currency,
        )

    def grains(self) -> "Iterator[Cell]":
        """Yield the keys of all totals, one for each grain, that this finest one counts in."""
        for grain, unknown in UNKNOWN.items():
            yield replace(self, grain=grain.value, **unknown)


class Tally:
    """Numbers by total, to be added to the stored ones."""

    def __init__(self) -> None:
        self.rows: dict[Cell, Numbers] = {}

    def add(self, cell: Cell, numbers: Numbers) -> None:
        """Add numbers to a finest total and to the coarser ones that contain it; None adds nothing."""
        for each in cell.grains():
            row = self.rows.setdefault(each, {})
            for name, number in numbers.items():
                before = row.get(name)
                row[name] = before if number is None else number + (before or 0)

    def count(self, record: UsageRecord) -> None:
        """Add a row of the ledger."""
        millionths, rest = (None, None) if record.cost is None else parts(record.cost)
        numbers: Numbers = {name: getattr(record, name) for name in SUMS[:5]}
        numbers |= {
            "cost_millionths": millionths,
            "cost_rest": rest,
            "requests": 1,
            "errors": int(record.error_type != ""),
            "unpriced": int(record.price_id is None and record.cost is None),
            "uncosted": int(record.price_id is not None and record.cost is None),
            "elapsed_ms": floor(record.elapsed_seconds * 1000),
        }
        if record.ttft_seconds is not None:
            numbers[TTFT_FIELDS[bisect_right(TTFT_ENDS, record.ttft_seconds)]] = 1
        self.add(Cell.finest(record), numbers)

    def correct(self, correction: Correction) -> None:
        """Add a correction on the day of its record: subtract what counted until now, add the new cost."""
        record = correction.record
        if correction.cost_before is None:
            self.add(Cell.finest(record), {"unpriced" if record.price_id is None else "uncosted": -1})
        else:
            millionths, rest = parts(correction.cost_before)
            before = Cell.finest(record, correction.currency_before)
            self.add(before, {"cost_millionths": -millionths, "cost_rest": -rest})
        assert correction.cost is not None  # noqa: S101 - the column is NOT NULL
        millionths, rest = parts(correction.cost)
        after = Cell.finest(record, correction.currency)
        self.add(after, {"cost_millionths": millionths, "cost_rest": rest})

    def store(self) -> None:
        """Add everything to the stored totals, in the transaction that wrote what was counted."""
        cells = sorted(self.rows)
        counts = [name for name in COUNTS if any(row.get(name) for row in self.rows.values())]
        with connection.cursor() as cursor:
            for begin in range(0, len(cells), ROWS_AT_ONCE):
                some = cells[begin : begin + ROWS_AT_ONCE]
                values = [value for cell in some for value in self._values(cell, counts)]
                cursor.execute(_upsert(counts, len(some)), values)

    def _values(self, cell: Cell, counts: Sequence[str]) -> list[Any]:
        row = self.rows[cell]
        return [
            *(getattr(cell, name) for name in KEYS),
            *(row.get(name) for name in SUMS),
            *(row.get(name) or 0 for name in counts),
        ]


def _upsert(counts: Sequence[str], rows: int) -> str:
    # Rows are locked in the order of the keys, so two transactions that count at once cannot deadlock.
    name = connection.ops.quote_name
    table = name(DailyTotal._meta.db_table)
    columns = [*KEYS, *SUMS, *counts]
    marks = f"({', '.join(['%s'] * len(columns))})"
    sums = [
        f"{name(each)} = COALESCE({table}.{name(each)} + excluded.{name(each)}, {table}.{name(each)}, "
        f"excluded.{name(each)})"
        for each in SUMS
    ]
    added = [f"{name(each)} = {table}.{name(each)} + excluded.{name(each)}" for each in counts]
    return (
        f"INSERT INTO {table} ({', '.join(map(name, columns))}) VALUES {', '.join([marks] * rows)} "  # noqa: S608
        f"ON CONFLICT ({', '.join(map(name, KEYS))}) DO UPDATE SET {', '.join([*sums, *added])}"
    )


def count(records: Iterable[UsageRecord]) -> None:
    """Add rows of the ledger, just written in this transaction, to their days."""
    tally = Tally()
    for record in records:
        tally.count(record)
    tally.store()


def correct(corrections: Iterable[Correction]) -> None:
    """Add corrections, just written in this transaction, to the days of their records."""
    tally = Tally()
    for correction in corrections:
        tally.correct(correction)
    tally.store()
