"""The fixture that gives tests their upstream; few lines, because pytest loads it by its module."""

from collections.abc import Iterator

import pytest

from tests.harness.upstream.process import Upstream


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    """One scripted upstream per test process; each test scripts a model name of its own."""
    with Upstream() as running:
        yield running
