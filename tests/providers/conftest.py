"""Providers of each format connected to the scripted upstream, and a model name for each test."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from chat.providers.base import Provider
from tests.harness.upstream.process import Upstream
from tests.providers.asking import KEY
from tests.providers.flooding import asked as asked
from tests.providers.formats import WIRES, Wire


@pytest.fixture(params=WIRES, ids=lambda wire: wire.name)
def wire(request: pytest.FixtureRequest) -> Wire:
    """Each format in turn; a test of one format overrides it."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
async def provider(wire: Wire, upstream: Upstream) -> AsyncIterator[Provider]:
    connected = wire.at(upstream, KEY)
    yield connected
    await connected.aclose()


@pytest.fixture
async def impatient(wire: Wire, upstream: Upstream) -> AsyncIterator[Provider]:
    """A provider that takes 0.3 s without a word for a failure."""
    connected = wire.at(upstream, KEY, idle_timeout=0.3)
    yield connected
    await connected.aclose()


@pytest.fixture
def model() -> str:
    """A name that no other test scripts."""
    return f"model-{uuid4().hex}"
