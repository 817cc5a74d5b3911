"""What the other side sees of a Stop: the connection closes at once."""

import asyncio
import gc
import time
from typing import Any

import pytest

from chat.events import TextDelta
from chat.providers.base import CompletionRequest, Endpoint, Provider
from chat.providers.openai import connect
from tests.providers.asking import KEY, TURNS, ask, said
from tests.upstream.process import Upstream as Server
from tests.upstream.script import default_text


@pytest.mark.parametrize(
    "fault", [{}, {"then": "hang", "after": 3}, {"then": "hang"}, {"then": "hang", "before_headers": True}]
)
async def test_cancelling_closes_the_connection(
    fault: dict[str, Any], provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, tokens=1000, delay=0.02, **fault)
    task = asyncio.create_task(ask(provider, model))
    expected = fault.get("after", 3) if fault.get("then") != "hang" or "after" in fault else 0
    await upstream.until(model, lambda record: record.pieces >= expected)
    cancelled_at = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    record = await upstream.until(model, lambda record: record.ended == "client_closed")
    assert record.ended_at is not None
    assert record.ended_at - cancelled_at < 1


async def test_closing_the_generator_closes_the_connection(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=1000, delay=0.02)
    stream = provider.stream(CompletionRequest(model, TURNS))
    assert await anext(stream) == TextDelta("The")
    closed_at = time.monotonic()
    await stream.aclose()
    record = await upstream.until(model, lambda record: record.ended == "client_closed")
    assert record.ended_at is not None
    assert record.ended_at - closed_at < 1


async def test_many_cancellations_leave_the_pool_working(upstream: Server, model: str) -> None:
    provider = connect(Endpoint(upstream.base_url, KEY))
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
