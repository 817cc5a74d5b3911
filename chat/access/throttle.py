"""Throttles guessing: a burst of failed attempts for a name and from an address, then one in each interval (GCRA).

The counts are in the database, so that they hold over all processes and machines. An attempt is counted before its
password is looked at and given back when it was right, so that many attempts at once are no way around.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import Final
from unicodedata import normalize

from django.utils import timezone
from django.utils.crypto import salted_hmac

from chat import database, runtime
from chat.models import Throttle

# A subscriber has at least a /64 of IPv6, and may use another address of it each time: it is counted as one.
SUBSCRIBER_BITS: Final = 64
PURGE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` attempts at once, and another one after each `seconds`."""

    burst: int
    seconds: float


FOR_A_NAME: Final = Rate(10, 60)
# A code is one of a million, and three are right at a time.
FOR_A_CODE: Final = Rate(5, 300)
FROM_AN_ADDRESS: Final = Rate(30, 6)
FROM_A_DEVICE: Final = Rate(10, 60)
# Each of these sends a mail to one address, whoever asked for it.
OF_RESETS: Final = Rate(3, 600)


@dataclass(frozen=True, slots=True)
class Count:
    """A counter: its key in the database and its rate."""

    key: str
    rate: Rate

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.rate.seconds)

    def wait(self, full_at: datetime | None, now: datetime) -> float:
        """Return for how many seconds no further attempt is allowed."""
        if full_at is None:
            return 0.0
        return max(0.0, (full_at - now - self.interval * (self.rate.burst - 1)).total_seconds())


def count(kind: str, subject: str, rate: Rate) -> Count:
    """Return the counter of a kind of attempts for a name; names that look the same are the same."""
    folded = normalize("NFKC", subject).strip().casefold()
    return Count(salted_hmac("chat.guessing", f"{kind}\0{folded}", algorithm="sha256").hexdigest(), rate)


def from_address(address: str) -> Count:
    """Return the count of an address, which all doors share; of the sixth version, of its /64."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return count("address", address, FROM_AN_ADDRESS)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return count("address", str(int(parsed) >> (128 - SUBSCRIBER_BITS)), FROM_AN_ADDRESS)
    return count("address", str(getattr(parsed, "ipv4_mapped", None) or parsed), FROM_AN_ADDRESS)


class Purge:
    """When rows whose time is over are deleted next, in monotonic seconds."""

    def __init__(self) -> None:
        self.next_at = 0.0


def take(counts: Sequence[Count]) -> float:
    """Count an attempt and return 0, or return for how many seconds there may be none, and count nothing."""
    now = timezone.now()
    by_key = {each.key: each for each in counts}
    # Without a lock first: repeated refusals then cost one read each.
    if wait := _longest(by_key, dict(Throttle.objects.filter(key__in=by_key).values_list("key", "full_at")), now):
        return wait
    with database.writing():
        Throttle.objects.bulk_create([Throttle(key=key, full_at=now) for key in by_key], ignore_conflicts=True)
        rows = list(Throttle.objects.select_for_update().filter(key__in=by_key).order_by("key"))
        if wait := _longest(by_key, {row.key: row.full_at for row in rows}, now):
            return wait
        for row in rows:
            row.full_at = max(row.full_at, now) + by_key[row.key].interval
        Throttle.objects.bulk_update(rows, ["full_at"])
        _purge(now)
    return 0.0


def give_back(counts: Sequence[Count]) -> None:
    """Take one attempt off the counters again: it was right, or none at all."""
    by_key = {each.key: each for each in counts}
    with database.writing():
        rows = list(Throttle.objects.select_for_update().filter(key__in=by_key).order_by("key"))
        for row in rows:
            row.full_at -= by_key[row.key].interval
        Throttle.objects.bulk_update(rows, ["full_at"])


def _longest(counts: dict[str, Count], stored: dict[str, datetime], now: datetime) -> float:
    return max((each.wait(stored.get(key), now) for key, each in counts.items()), default=0.0)


def _purge(now: datetime) -> None:
    purge = runtime.part(Purge)
    if monotonic() >= purge.next_at:
        purge.next_at = monotonic() + PURGE_SECONDS
        Throttle.objects.filter(full_at__lt=now).delete()
