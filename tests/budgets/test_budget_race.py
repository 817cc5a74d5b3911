"""Fifty questions at once at the end of a budget, at two processes; `make soak` asks twenty times as often."""

from pathlib import Path

from bench.soak import budget, resume
from bench.soak.figure import Figure
from tests.harness.upstream.process import Upstream


def broken(figures: list[Figure]) -> list[Figure]:
    return [figure for figure in figures if not figure.kept]


def test_a_crowd_takes_no_more_than_is_left_on_sqlite(upstream: Upstream, tmp_path: Path) -> None:
    environment = {"OPENAI_BASE_URL": upstream.base_url, "CHAT_MAX_STREAMS_PER_USER": "0"}
    with budget.pair(tmp_path, environment) as sites:
        assert not broken(list(budget.race(sites, upstream, count=2, seed=1)))


def test_a_crowd_takes_no_more_than_is_left_on_postgresql(
    upstream: Upstream, tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with resume.pair(tmp_path, upstream, postgres_url, redis_url) as sites:
        assert not broken(list(budget.race(sites, upstream, count=2, seed=1)))
