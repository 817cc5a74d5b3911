"""The ledger as a spreadsheet: CSV, a few thousand rows at a time."""

import csv
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from django.db.models import QuerySet

from chat.models import Correction, UsageRecord
from chat.models.money import PLACES
from chat.usage.pages import pages

# What the sheet calls a column, and where it is in the ledger.
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
    "charged_at_first": "cost",
}
FIELDS: Final = tuple(dict.fromkeys(COLUMNS.values()))
PLACE: Final = {name: number for number, name in enumerate(FIELDS)}
# People and providers choose these; a spreadsheet would take some of them for a formula.
WORDS: Final = tuple(PLACE[name] for name in ("username", "provider", "model", "api_key_name", "group"))
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def lines(records: QuerySet[UsageRecord]) -> Iterator[bytes]:
    """Yield the sheet of some records, oldest first: its head, then page by page with one or two short queries.

    Moments are in UTC, money has all its digits, NULL is an empty field. `cost` is what counts today: where it was
    corrected, `charged_at_first` is what the ledger's row says.
    """
    yield _written([tuple(COLUMNS)])
    corrected = Correction.objects.exists()
    when = 1 + PLACE["created_at"]
    for found in pages(records.values_list("pk", *FIELDS), lambda row: (row[when], row[0])):
        yield _written(_shown(found, _corrections(found) if corrected else {}))


def _corrections(found: list[tuple[Any, ...]]) -> dict[int, tuple[Decimal | None, str]]:
    """What counts instead, by record."""
    changes = Correction.objects.filter(record__in=[row[0] for row in found]).order_by("pk")
    return {name: (cost, currency) for name, cost, currency in changes.values_list("record_id", "cost", "currency")}


def _shown(
    found: list[tuple[Any, ...]], corrections: dict[int, tuple[Decimal | None, str]]
) -> Iterator[tuple[object, ...]]:
    when, cost, currency = PLACE["created_at"], PLACE["cost"], PLACE["currency"]
    names = [PLACE[name] for name in ("conversation_id", "generation_id", "message_id")]
    order = [PLACE[name] for name in COLUMNS.values()][:-1]
    for name, *row in found:
        at_first = _money(row[cost])
        row[cost] = at_first
        if name in corrections:
            amount, row[currency] = corrections[name]
            row[cost] = _money(amount)
        row[when] = row[when].astimezone(UTC).isoformat()
        for place in names:
            row[place] = str(row[place])
        for place in WORDS:
            if row[place].startswith(FORMULA):
                row[place] = f"'{row[place]}"
        yield (*(row[place] for place in order), at_first)


def _money(amount: Decimal | None) -> str:
    """12 places after the point; never 1E-12, which no spreadsheet should have to read."""
    return "" if amount is None else f"{amount:.{PLACES}f}"


def _written(rows: Any) -> bytes:
    sheet = StringIO()
    csv.writer(sheet).writerows(rows)
    return sheet.getvalue().encode()
