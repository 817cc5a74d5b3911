"""What the other side sees of a Stop, and what is known by then."""

import asyncio
import gc
from typing import Any

import pytest

from chat.events import Finished, TextDelta, Upstream, Usage
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
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    record = await upstream.until(model, lambda record: record.ended == "client_closed")
    assert record.ended_at is not None
    # Before everything was said.
    assert record.pieces < 1000


class EnoughError(Exception):
    """A sink has heard enough."""


async def test_a_sink_that_raises_closes_the_connection_and_its_error_passes_as_it_is(
    provider: Provider, upstream: Server, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    def sink(event: Upstream) -> None:
        if isinstance(event, TextDelta):
            raise EnoughError

    upstream.script(model, tokens=1000, delay=0.02)
    with pytest.raises(EnoughError):
        await provider.stream(CompletionRequest(model, TURNS), sink)
    # It is no failure of the provider's.
    assert caplog.records == []
    record = await upstream.until(model, lambda record: record.ended == "client_closed")
    assert record.ended_at is not None
    assert record.pieces < 1000


async def test_a_sink_that_raises_at_the_end_is_no_failure_of_the_provider(provider: Provider, model: str) -> None:
    def sink(event: Upstream) -> None:
        if isinstance(event, Finished):
            raise EnoughError

    with pytest.raises(EnoughError):
        await provider.stream(CompletionRequest(model, TURNS), sink)


async def test_the_next_event_waits_until_the_sink_is_done_with_the_last(provider: Provider, model: str) -> None:
    under_way, most, count = 0, 0, 0

    async def slow() -> None:
        nonlocal under_way, most, count
        under_way += 1
        most, count = max(most, under_way), count + 1
        await asyncio.sleep(0.001)
        under_way -= 1

    await provider.stream(CompletionRequest(model, TURNS), lambda event: slow())
    assert (most, under_way) == (1, 0)
    assert count >= 3


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

    def sink(event: Upstream) -> None:
        nonlocal found
        if isinstance(event, TextDelta):
            found += event.content
        elif isinstance(event, Usage):
            counts.append(event)
        if found == text and counts:
            raise EnoughError

    with pytest.raises(EnoughError):
        await provider.stream(CompletionRequest(model, TURNS), sink)
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
