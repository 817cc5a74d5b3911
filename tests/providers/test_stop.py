"""What the other side sees of a Stop, and what is known by then."""

import asyncio
import gc
import time
from contextlib import aclosing
from typing import Any

import pytest

from chat.events import TextDelta, Usage
from chat.providers.base import CompletionRequest, Provider
from tests.harness.upstream.process import Upstream as Server
from tests.harness.upstream.script import default_text
from tests.providers.asking import KEY, TURNS, ask, said
from tests.providers.formats import Wire


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
    fault: dict[str, Any], pieces: int, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, tokens=1000, delay=0.02, **fault)
    task = asyncio.create_task(ask(provider, model))
    await upstream.until(model, lambda record: record.pieces >= pieces)
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
    async for event in stream:
        if event == TextDelta("The"):
            break
    closed_at = time.monotonic()
    await stream.aclose()
    record = await upstream.until(model, lambda record: record.ended == "client_closed")
    assert record.ended_at is not None
    assert record.ended_at - closed_at < 1


async def test_many_cancellations_leave_the_pool_working(wire: Wire, upstream: Server, model: str) -> None:
    provider = wire.at(upstream, KEY)
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


async def counts_until(provider: Provider, model: str, text: str) -> list[Usage]:
    """Return what has been counted when this text has been said, and the read with its end was told."""
    found = ""
    counts: list[Usage] = []
    async with aclosing(provider.stream(CompletionRequest(model, TURNS))) as stream:
        while found != text or not counts:
            event = await anext(stream)
            if isinstance(event, TextDelta):
                found += event.content
            elif isinstance(event, Usage):
                counts.append(event)
    return counts


async def test_what_was_counted_is_told_before_the_end(
    wire: Wire, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, tokens=9, usage="every", then="hang", after=1, cached_tokens=2)
    text = default_text(1)
    counts = await asyncio.wait_for(counts_until(provider, model, text), 10)
    assert (counts[-1].prompt_tokens, counts[-1].cached_tokens) == (6, 2)


async def test_usage_that_comes_after_the_finish_survives_a_line_that_drops(
    wire: Wire, provider: Provider, upstream: Server, model: str
) -> None:
    counts = (
        b'data: {"type": "message_delta", "choices": [], "usage": {"completion_tokens": 3, "output_tokens": 3}}\n\n'
    )
    upstream.script(model, raw=[wire.hi + wire.finish, counts], delay=0.05, then="close", after=2)
    found = await ask(provider, model)
    assert [event.completion_tokens for event in found if isinstance(event, Usage)][-1:] == [3]
