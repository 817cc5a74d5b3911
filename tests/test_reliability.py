"""The promises about kill -9, SIGTERM and lines that drop, at an everyday size; `make soak` keeps the whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.soak import crash, drain, resume
from bench.soak.figure import Figure
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream


@pytest.fixture(scope="module")
def own(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: it is killed and started again."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "CHAT_MAX_STREAMS_PER_USER": "0"}
    with Site(tmp_path_factory.mktemp("own"), environment) as site:
        site.until_listed("gpt-4o")
        yield site


def broken(figures: Iterator[Figure]) -> list[Figure]:
    """Return the figures that are not kept; how long things took says more about the machine."""
    return [figure for figure in figures if not figure.unit and not figure.kept]


def test_a_kill_loses_no_message_and_no_request_on_the_bill(own: Site, upstream: Upstream) -> None:
    assert not broken(crash.crash(own, upstream, runs=1, streams=36, seed=2))


def test_a_stop_stores_all_that_readers_saw_and_tells_them(own: Site, upstream: Upstream) -> None:
    assert not broken(drain.drain(own, upstream, streams=24, seed=1))


def test_a_reader_who_comes_back_gets_every_character_once(own: Site, upstream: Upstream) -> None:
    assert not broken(resume.resume([own], upstream, runs=10, seed=1))


def test_a_reader_who_comes_back_elsewhere_does_too(
    upstream: Upstream, tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with resume.pair(tmp_path, upstream, postgres_url, redis_url) as sites:
        assert not broken(resume.resume(sites, upstream, runs=10, seed=1))
