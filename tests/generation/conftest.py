"""Each test has a journal of its own: once somebody had to wait for it, its lock belongs to one event loop."""

import pytest

from chat.generation import live
from chat.generation.journal import Journal


@pytest.fixture(autouse=True)
def _journal_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_journal", Journal())
