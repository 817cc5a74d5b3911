"""Gives the ledger's rows of deleted accounts to "a former user": every sum stays, nothing leads to the person."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import F, Min

from chat import database
from chat.models import Correction, DailyTotal, UsageRecord
from chat.models.daily import KEYS, UNKNOWN
from chat.models.usage import FORMER_USER, FORMER_USER_ID
from chat.usage.totals import COUNTS, SUMS, Cell, Tally

# The columns of a total that tell whose it is, and what is put there instead.
OWNER: Final[dict[str, Any]] = {
    "user_id": FORMER_USER_ID,
    "username": FORMER_USER,
    "api_key_id": 0,
    "api_key_name": "",
}
# The grains with a user.
KNOWING: Final = [grain for grain, unknown in UNKNOWN.items() if "user_id" not in unknown]
# A random UUID in SQL: equal ids would still tell which rows belong to one conversation.
RANDOM: Final = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
# The only update of the ledger that its triggers allow (migration 0014).
FORGET: Final = """
    UPDATE chat_usagerecord SET user_id = %s, username = %s, api_key_id = NULL, api_key_name = '',
        conversation_id = {random}, message_id = {random}, generation_id = {random}
    WHERE user_id = %s AND created_at >= %s AND created_at < %s
"""


def forget(user_id: int) -> None:
    """Give everything that somebody used to "a former user", day by day, each in a transaction of its own.

    May be called again after it was interrupted. Days, models, providers, paying groups, tokens and costs stay.
    """
    for day in _days(user_id):
        with database.writing():
            forget_day(user_id, day)


def forget_all(user_id: int) -> None:
    """`forget` in the transaction of the caller, who holds a lock that keeps others from writing rows of this user."""
    for day in _days(user_id):
        forget_day(user_id, day)


def forget_day(user_id: int, day: date) -> None:
    """`forget` for one day, in the transaction of the caller."""
    if connection.vendor != "sqlite":
        # A correction counts for the user that its row names, so none may be written meanwhile. `Budget.save` locks the
        # tables in the same order.
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {UsageRecord._meta.db_table} IN ROW EXCLUSIVE MODE")
            cursor.execute(f"LOCK TABLE {Correction._meta.db_table} IN EXCLUSIVE MODE")
    begin = datetime.combine(day, time.min, UTC)
    span = [connection.ops.adapt_datetimefield_value(each) for each in (begin, begin + timedelta(days=1))]
    with connection.cursor() as cursor:
        statement = FORGET.format(random=RANDOM[connection.vendor])
        cursor.execute(statement, [FORMER_USER_ID, FORMER_USER, user_id, *span])
    _move_sums(user_id, day)


def _move_sums(user_id: int, day: date) -> None:
    mine = DailyTotal.every_grain.filter(grain__in=KNOWING, day=day, user_id=user_id)
    tally = Tally()
    for row in mine.order_by().values(*KEYS, *SUMS, *COUNTS):
        cell = Cell(**{name: row[name] for name in KEYS} | OWNER)
        sums = tally.rows.setdefault(cell, {})
        for name in (*SUMS, *COUNTS):
            if row[name] is not None:
                sums[name] = row[name] + (sums.get(name) or 0)
    mine.delete()
    tally.store()


def _days(user_id: int) -> Iterator[date]:
    """Yield the days on which the ledger or its sums name a user, as long as there are any."""
    while True:
        first = UsageRecord.objects.filter(user_id=user_id).aggregate(first=Min(F("created_at")))["first"]
        days = [first.astimezone(UTC).date()] if first else []
        # Where there is a row of a coarse grain there is one of the finest.
        summed = DailyTotal.objects.filter(user_id=user_id).aggregate(first=Min("day"))["first"]
        days += [summed] if summed else []
        if not days:
            return
        yield min(days)
