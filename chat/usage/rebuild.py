"""The sums of each day made anew from the ledger, by the database: what `totals` kept row by row must be the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Floor

from chat import database
from chat.models import Correction, DailyTotal, UsageRecord
from chat.models.daily import KEYS, TTFT_ENDS, TTFT_FIELDS
from chat.models.money import parted
from chat.usage.totals import COUNTS, SUMS, Cell, Numbers, Tally

OF_THE_LEDGER = tuple(name for name in KEYS if name not in ("grain", "day", "api_key_id"))


@dataclass(frozen=True, slots=True)
class Difference:
    """A row whose stored numbers are not those of the ledger; only the numbers that differ. None: no such row."""

    cell: Cell
    stored: Numbers | None
    counted: Numbers | None

    def __str__(self) -> str:
        who = " · ".join(str(part) for part in (self.cell.username, self.cell.provider, self.cell.model) if part)
        numbers = sorted({*(self.stored or {}), *(self.counted or {})})
        shown = (
            f"{name} {(self.stored or {}).get(name)} instead of {(self.counted or {}).get(name)}" for name in numbers
        )
        return f"{self.cell.day} {self.cell.grain} {who}: {', '.join(shown)}"


def is_missing() -> bool:
    """Whether the ledger is older than its sums, or than one of their grains: its first day is summed up last."""
    first = UsageRecord.objects.order_by("created_at").values_list("created_at", flat=True).first()
    if first is None:
        return False
    day = first.astimezone(UTC).date()
    sums = DailyTotal.every_grain.filter(day=day).order_by().values_list("grain").annotate(Sum("requests"))
    summed, counted = dict(sums), UsageRecord.objects.filter(**_within(day)).count()
    return any(summed.get(grain) != counted for grain in DailyTotal.Grain.values)


def rebuild(*, check: bool = False) -> Iterator[Difference]:
    """Yield what differs, day by day; unless it is only to `check`, the ledger's numbers take its place.

    The newest day comes first, each in a transaction: whoever is killed at it leaves the first days `is_missing`.
    """
    for day in _days():
        with database.writing():
            if connection.vendor != "sqlite":
                # Nobody writes a row of the ledger between its being counted here and its being stored.
                with connection.cursor() as cursor:
                    cursor.execute(f"LOCK TABLE {DailyTotal._meta.db_table} IN EXCLUSIVE MODE")
            stored, counted = _stored(day), _counted(day)
            differences = list(_compared(stored, counted))
            if differences and not check:
                DailyTotal.every_grain.filter(day=day).delete()
                tally = Tally()
                tally.rows = counted
                tally.store()
        yield from differences


def _days() -> Iterator[date]:
    ledger = UsageRecord.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    totals = DailyTotal.every_grain.aggregate(first=Min("day"), last=Max("day"))
    days = [moment.astimezone(UTC).date() for moment in ledger.values() if moment] + [d for d in totals.values() if d]
    if days:
        for number in range((max(days) - min(days)).days + 1):
            yield max(days) - timedelta(days=number)


def _compared(stored: dict[Cell, Numbers], counted: dict[Cell, Numbers]) -> Iterator[Difference]:
    for cell in sorted({*stored, *counted}):
        one, other = stored.get(cell), counted.get(cell)
        if one is None or other is None:
            yield Difference(cell, one, other)
        elif one != other:
            names = [name for name in one if one[name] != other[name]]
            yield Difference(cell, {name: one[name] for name in names}, {name: other[name] for name in names})


def _stored(day: date) -> dict[Cell, Numbers]:
    rows = DailyTotal.every_grain.filter(day=day).order_by().values(*KEYS, *SUMS, *COUNTS)
    return {Cell(*(row[name] for name in KEYS)): {name: row[name] for name in (*SUMS, *COUNTS)} for row in rows}


def _within(day: date) -> dict[str, datetime]:
    start = datetime.combine(day, time.min, UTC)
    return {"created_at__gte": start, "created_at__lt": start + timedelta(days=1)}


def _counted(day: date) -> dict[Cell, Numbers]:
    within = _within(day)
    tally = Tally()
    for row in _sums(UsageRecord.objects.filter(**within)):
        key = {name: row[name] for name in OF_THE_LEDGER}
        cell = Cell(grain=DailyTotal.Grain.FINEST.value, day=day, api_key_id=row["key"], **key)
        tally.add(cell, {name: row[f"sum_{name}"] for name in (*SUMS, *COUNTS)})
    corrections = Correction.objects.filter(**{f"record__{name}": value for name, value in within.items()})
    for correction in corrections.select_related("record").order_by("pk"):
        tally.correct(correction)
    for numbers in tally.rows.values():
        for name in COUNTS:
            numbers[name] = numbers.get(name) or 0
        for name in SUMS:
            numbers.setdefault(name, None)
    return tally.rows


def _sums(records: QuerySet[UsageRecord]) -> Iterator[dict[str, Any]]:
    counts: dict[str, Any] = {f"sum_{name}": Sum(name) for name in SUMS[:5]}
    counts |= {f"sum_cost_{name}": part for name, part in parted("cost").items()}
    counts |= {
        "sum_requests": Count("pk"),
        "sum_errors": Count("pk", filter=~Q(error_type="")),
        "sum_unpriced": Count("pk", filter=Q(price__isnull=True, cost__isnull=True)),
        "sum_uncosted": Count("pk", filter=Q(price__isnull=False, cost__isnull=True)),
        "sum_elapsed_ms": Sum(Floor(F("elapsed_seconds") * 1000.0), output_field=BigIntegerField()),
    }
    for name, begin, end in zip(TTFT_FIELDS, (None, *TTFT_ENDS), (*TTFT_ENDS, None), strict=True):
        within = Q(ttft_seconds__isnull=False)
        within &= Q(ttft_seconds__gte=begin) if begin is not None else Q()
        within &= Q(ttft_seconds__lt=end) if end is not None else Q()
        counts[f"sum_{name}"] = Count("pk", filter=within)
    rows = records.order_by().annotate(key=Coalesce("api_key_id", 0)).values(*OF_THE_LEDGER, "key")
    for row in rows.annotate(**counts).iterator():
        row["sum_elapsed_ms"] = int(row["sum_elapsed_ms"])
        yield row
