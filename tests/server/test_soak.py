"""The promises about bad and many clients, at an everyday size; `make soak` keeps the whole."""

from collections.abc import Iterator

import pytest

from bench.soak import crowd, readers
from bench.soak.busy import serving
from bench.soak.figure import MIB, Figure
from tests.harness.site import Site


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: what others do to it would be measured too."""
    with serving(tmp_path_factory.mktemp("soak") / "data") as (site, _):
        yield site


def within_limits(figures: list[Figure]) -> bool:
    """Whether every figure is kept; the failure shows those that are not."""
    assert not [figure for figure in figures if not figure.kept]
    return True


def test_many_streams_at_once_share_few_threads_and_connections(busy: Site) -> None:
    assert within_limits(crowd.at_once(busy, 80))


def test_a_great_body_from_a_stranger_is_refused_and_not_kept(busy: Site) -> None:
    assert within_limits(crowd.great_post(busy, 50 * MIB))


def test_cancelled_requests_leave_nothing_behind(busy: Site) -> None:
    assert within_limits(crowd.cancelled(busy, 100))


def test_clients_that_never_read_cost_little_memory(busy: Site) -> None:
    # The lag of the others depends on the machine as well; the long run looks at it.
    memory, *_ = readers.never_reading(busy, 10, 4)
    assert within_limits([memory])
