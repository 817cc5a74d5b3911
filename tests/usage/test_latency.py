"""Quantiles from buckets come near those of the times themselves."""

from bisect import bisect_right
from random import Random
from statistics import quantiles

import pytest

from chat.models import DailyTotal
from chat.models.daily import TTFT_ENDS, TTFT_FIELDS
from chat.usage import totals
from chat.usage.latency import first_tokens, quantile
from tests.usage.rows import noon, priced_model, record


@pytest.mark.parametrize(("middle", "spread"), [(-1.0, 0.4), (0.0, 0.8), (1.5, 1.0)])
def test_a_quantile_is_near_the_truth(middle: float, spread: float) -> None:
    random = Random(4)  # noqa: S311
    times = [random.lognormvariate(middle, spread) for _ in range(5000)]
    counts = [0] * len(TTFT_FIELDS)
    for seconds in times:
        counts[bisect_right(TTFT_ENDS, seconds)] += 1
    truth = quantiles(times, n=100)
    for percent in (50, 95):
        assert quantile(counts, percent / 100) == pytest.approx(truth[percent - 1], rel=0.05)


def test_without_a_first_token_there_is_no_quantile() -> None:
    assert quantile([0] * len(TTFT_FIELDS), 0.5) is None


@pytest.mark.parametrize("seconds", [0.06, 0.3, 2.0, 30.0, 50.0])
def test_one_time_is_told_within_its_bucket(seconds: float, db: None) -> None:
    _, price = priced_model()
    totals.count([record(noon(2026, 3, 5), price, ttft_seconds=seconds), record(noon(2026, 3, 5), price)])
    found = quantile(first_tokens(DailyTotal.by_model.all()), 0.5)
    assert found is not None
    assert seconds / 1.25 <= found <= seconds * 1.25
