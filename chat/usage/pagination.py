"""Reads the ledger page by page (keyset pagination), so that no query stays open while others write."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeVar

from django.db import connection
from django.db.models import QuerySet

from chat.models import UsageRecord

ROWS_AT_ONCE: Final = 2000
Row = TypeVar("Row")


def pages(
    records: "QuerySet[UsageRecord, Row]",
    place: Callable[[Row], tuple[datetime, int]],
    begin: datetime | None = None,
) -> Iterator[list[Row]]:
    """Yield rows of the ledger made from `begin` on, oldest first, `ROWS_AT_ONCE` in a list.

    `place` returns a row's time and id. `records` must have no lower bound of their own: of two lower bounds SQLite
    uses the first for its index, and would read from the beginning for each page.

    Pages, because an unfinished query on SQLite keeps its snapshot of the database: writing on the same connection then
    fails as soon as anybody else has written.
    """
    rows = records.order_by("created_at", "pk")
    after: tuple[datetime, int] | None = None
    while True:
        some = rows if begin is None else rows.filter(created_at__gte=begin)
        if after is not None:
            bound = [connection.ops.adapt_datetimefield_value(after[0]), after[1]]
            some = rows.filter(created_at__gte=after[0]).extra(
                where=["(chat_usagerecord.created_at > %s OR chat_usagerecord.id > %s)"], params=bound
            )
        found = list(some[:ROWS_AT_ONCE])
        if found:
            yield found
        if len(found) < ROWS_AT_ONCE:
            return
        after = place(found[-1])
