"""Quantiles of the time to the first token, from the daily totals' buckets."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Sum

from chat.models import DailyTotal
from chat.models.daily import TTFT_ENDS, TTFT_FIELDS

# The width of a bucket: the last one has no end, the first no beginning.
RATIO = TTFT_ENDS[-1] / TTFT_ENDS[-2]


def first_tokens(rows: QuerySet[DailyTotal]) -> list[int]:
    """Return how many first tokens came within each bucket, in rows of one grain. One query."""
    found: dict[str, Any] = rows.order_by().aggregate(**{f"sum_{name}": Sum(name) for name in TTFT_FIELDS})
    return [found[f"sum_{name}"] or 0 for name in TTFT_FIELDS]


def quantile(counts: Sequence[int], share: float) -> float | None:
    """Return the seconds within which so large a share (0 to 1) of first tokens came; None where there were none.

    It is told from the place within its bucket, as if they lay evenly in it: at most 25 % off, usually 3 %, between
    0.05 and 50 s.
    """
    wanted = share * sum(counts)
    before = 0
    for number, count in enumerate(counts):
        if count and before + count >= wanted:
            end = TTFT_ENDS[min(number, len(TTFT_ENDS) - 1)] * (RATIO if number == len(TTFT_ENDS) else 1)
            return float(end * RATIO ** ((wanted - before) / count - 1))
        before += count
    return None
