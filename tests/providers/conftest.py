"""Providers connected to the scripted upstream, and a model name for each test."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from chat.providers import anthropic
from chat.providers.base import Endpoint, Provider
from chat.providers.openai import connect
from tests.providers.asking import KEY
from tests.upstream.process import Upstream


@pytest.fixture
async def provider(upstream: Upstream) -> AsyncIterator[Provider]:
    connected = connect(Endpoint(upstream.base_url, KEY, idle_timeout=10.0))
    yield connected
    await connected.aclose()


@pytest.fixture
async def impatient(upstream: Upstream) -> AsyncIterator[Provider]:
    """A provider that takes 0.3 s without a word for a failure."""
    connected = connect(Endpoint(upstream.base_url, KEY, idle_timeout=0.3))
    yield connected
    await connected.aclose()


@pytest.fixture
async def claude(upstream: Upstream) -> AsyncIterator[Provider]:
    connected = anthropic.connect(Endpoint(upstream.anthropic_url, KEY, idle_timeout=10.0))
    yield connected
    await connected.aclose()


@pytest.fixture
async def impatient_claude(upstream: Upstream) -> AsyncIterator[Provider]:
    """The same, taking 0.3 s without a word for a failure."""
    connected = anthropic.connect(Endpoint(upstream.anthropic_url, KEY, idle_timeout=0.3))
    yield connected
    await connected.aclose()


@pytest.fixture
def model() -> str:
    """A name that no other test scripts."""
    return f"model-{uuid4().hex}"
