"""What Anthropic's side sees of a Stop: the connection closes at once."""

import asyncio
import gc
import time
from typing import Any

import pytest

from chat.events import TextDelta
from chat.providers.anthropic import connect
from chat.providers.base import CompletionRequest, Endpoint, Provider
from tests.providers.asking import KEY, TURNS, ask, said
from tests.upstream.process import Upstream as Server
from tests.upstream.script import default_text


@pytest.mark.parametrize(
    ("fault", "pieces"),
    [
        ({}, 3),
        ({"then": "hang", "after": 3}, 3),
        ({"then": "hang", "ping_every": 0.05}, 0),
        ({"then": "hang", "before_headers": True}, 0),
    ],
)
async def test_cancelling_closes_the_connection(
    fault: dict[str, Any], pieces: int, claude: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, tokens=1000, delay=0.02, **fault)
    task = asyncio.create_task(ask(claude, model))
    await upstream.until(model, lambda record: record.pieces >= pieces)
    cancelled_at = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    record = await upstream.until(model, lambda record: record.ended == "client_closed")
    assert record.ended_at is not None
    assert record.ended_at - cancelled_at < 1


async def test_closing_the_generator_closes_the_connection(claude: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=1000, delay=0.02)
    stream = claude.stream(CompletionRequest(model, TURNS))
    assert await anext(stream) == TextDelta("The")
    closed_at = time.monotonic()
    await stream.aclose()
    record = await upstream.until(model, lambda record: record.ended == "client_closed")
    assert record.ended_at is not None
    assert record.ended_at - closed_at < 1


async def test_many_cancellations_leave_the_pool_working(upstream: Server, model: str) -> None:
    provider = connect(Endpoint(upstream.anthropic_url, KEY))
    upstream.script(model, tokens=1000, delay=0.01)
    for wait in range(40):
        task = asyncio.create_task(ask(provider, model))
        await asyncio.sleep(wait / 1000)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    upstream.script(model, tokens=2)
    assert said(await ask(provider, model)) == default_text(2)
    await provider.aclose()
    gc.collect()
