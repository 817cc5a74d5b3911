"""The ledger as CSV, a few thousand rows at a time."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from django.db.models import ExpressionWrapper, F, Field, TextField
from django.db.models.functions import Cast

from chat.models import Correction
from chat.models.money import PLACES, UNIT
from chat.usage.pagination import pages
from chat.usage.period import Period
from chat.usage.selection import Selection

# The columns of the CSV, by name, and the fields of the ledger that they show.
COLUMNS: Final = {
    "created_at": "created_at",
    "user": "username",
    "provider": "provider",
    "model": "model",
    "key": "api_key_name",
    "source": "source",
    "prompt_tokens": "prompt_tokens",
    "cached_tokens": "cached_tokens",
    "completion_tokens": "completion_tokens",
    "reasoning_tokens": "reasoning_tokens",
    "cost": "cost",
    "currency": "currency",
    "finish_reason": "finish_reason",
    "conversation_id": "conversation_id",
    "generation_id": "generation_id",
    "attempt": "attempt",
    "group": "group",
    "kind": "kind",
    "cache_write_tokens": "cache_write_tokens",
    "error_type": "error_type",
    "ttft_seconds": "ttft_seconds",
    "elapsed_seconds": "elapsed_seconds",
    "user_id": "user_id",
    "key_id": "api_key_id",
    "message_id": "message_id",
    "price_id": "price_id",
    "asked_at": "asked_at",
    "finish_detail": "finish_detail",
    "service_tier": "service_tier",
    "speed": "speed",
    "inference_geo": "inference_geo",
    "web_searches": "web_searches",
    "search_cost": "search_cost",
    "cache_write_lifetimes": "cache_write_lifetimes",
    "cache_saving": "cache_saving",
    "provider_cost": "provider_cost",
    "charged_at_first": "cost",
}
PEOPLE: Final = frozenset({"user", "user_id", "key", "key_id"})
FIELDS: Final = tuple(COLUMNS.values())
PLACE: Final = {name: 1 + number for number, name in reversed(list(enumerate(FIELDS)))}
# Read as text: Django and the driver would make values of them, only for them to become text again.
IDS: Final = ("conversation_id", "generation_id", "message_id")
MOMENTS: Final = ("created_at", "asked_at")
AMOUNTS: Final = ("cost", "search_cost", "cache_saving", "provider_cost")
RAW: Final[dict[str, Any]] = {
    **{f"raw_{name}": Cast(name, TextField()) for name in (*MOMENTS, *IDS, "cache_write_lifetimes")},
    **{f"raw_{name}": ExpressionWrapper(F(name), output_field=Field()) for name in AMOUNTS},
}
# Columns whose text people and providers choose: a spreadsheet would take some of it for a formula.
WORDS: Final = tuple(
    PLACE[name]
    for name in (
        *("username", "provider", "model", "api_key_name", "group"),
        *("finish_detail", "service_tier", "speed", "inference_geo"),
    )
)
# Some spreadsheets read full-width signs like the others, and ignore blanks and line ends before them.
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
ODD_BEGIN: Final = ("\t", "\r", "\n")


def lines(period: Period, chosen: Selection, *, with_people: bool = True) -> Iterator[bytes]:
    """Yield the CSV of what is chosen, oldest row first: the header, then a page for each one or two short queries.

    Times are in UTC, money has all its digits, NULL is an empty field. `cost` is what counts today: where it was
    corrected, `charged_at_first` is what the ledger's row says. With `with_people=False` the columns that tell who it
    was are empty.
    """
    yield _written([tuple(COLUMNS)])
    corrected = Correction.objects.exists()
    when = PLACE["created_at"]
    fields = [f"raw_{name}" if f"raw_{name}" in RAW else name for name in FIELDS[:-1]]
    rows = chosen.records_before(period.end).annotate(**RAW).values_list("pk", *fields)
    for found in pages(rows, lambda row: (_moment(row[when]), row[0]), period.start):
        shown = _shown(found, _corrections(found) if corrected else {})
        yield _written(shown if with_people else map(_anonymous, shown))


def _anonymous(row: list[Any]) -> list[Any]:
    return ["" if column in PEOPLE else value for column, value in zip(COLUMNS, row, strict=True)]


def _corrections(found: list[tuple[Any, ...]]) -> dict[int, tuple[Decimal | None, str]]:
    """Return the newest correction of each record, as (cost, currency), by the record's id."""
    changes = Correction.objects.filter(record__in=[row[0] for row in found]).order_by("pk")
    return {name: (cost, currency) for name, cost, currency in changes.values_list("record_id", "cost", "currency")}


def _shown(found: list[tuple[Any, ...]], corrections: dict[int, tuple[Decimal | None, str]]) -> Iterator[list[Any]]:
    cost, currency = PLACE["cost"], PLACE["currency"]
    ids, moments, amounts = ([PLACE[name] for name in names] for names in (IDS, MOMENTS, AMOUNTS))
    for told in found:
        row = list(told)
        for place in moments:
            row[place] = row[place] and _moment(row[place]).isoformat()
        for place in amounts:
            row[place] = _money(row[place])
        at_first = row[cost]
        if row[0] in corrections:
            amount, row[currency] = corrections[row[0]]
            row[cost] = _money(None if amount is None else int(amount / UNIT))
        for place in ids:
            row[place] = _id(row[place])
        for place in WORDS:
            if row[place].startswith(ODD_BEGIN) or row[place].lstrip().startswith(FORMULA):
                row[place] = f"'{row[place]}"
        row.append(at_first)
        yield row[1:]


def _moment(raw: str) -> datetime:
    """Return a time as a value. Both databases give UTC; SQLite's text lacks the offset."""
    return datetime.fromisoformat(raw).replace(tzinfo=UTC)


def _id(raw: str) -> str:
    """Return a UUID with its hyphens, which SQLite stores without."""
    return raw if "-" in raw else f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"


def _money(units: int | None) -> str:
    """Return units of 10^-12 as a decimal with 12 places; never as 1E-12, which spreadsheets misread."""
    if units is None:
        return ""
    whole, rest = divmod(abs(units), 10**PLACES)
    return f"{'-' if units < 0 else ''}{whole}.{rest:0{PLACES}}"


def _written(rows: Any) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
