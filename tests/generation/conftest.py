"""Each test has a process's memory of its own: once somebody had to wait for its journal, that belongs to one loop."""

import pytest

from chat import runtime


@pytest.fixture(autouse=True)
def _memory_of_its_own() -> None:
    runtime.start()
