"""Providers over real HTTP: whole answers."""

import asyncio
import time
from typing import Any

import pytest

from chat.events import Finished, ReasoningDelta, TextDelta, ToolCallDelta
from chat.providers.base import ModelFacts, Provider
from chat.providers.http.body import merged
from tests.harness import patience
from tests.harness.upstream.process import Upstream as Server
from tests.harness.upstream.script import default_text
from tests.providers.asking import KEY, TURNS, ask, last_usage, said, without_usage
from tests.providers.formats import Wire


async def test_an_answer_comes_whole_with_its_usage_and_its_end(provider: Provider, model: str) -> None:
    events = await ask(provider, model)
    assert said(events) == default_text()
    usage = last_usage(events)
    assert (usage.prompt_tokens, usage.cached_tokens) == (6, 0)
    assert (usage.completion_tokens, usage.reasoning_tokens) == (20, 0)
    assert events[-1] == Finished("stop")


async def test_thinking_and_tools_come_through(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(
        model,
        text=["Noon."],
        reasoning=["Hm, ", "time."],
        tool_calls=[{"id": "a", "name": "clock"}, {"arguments": "{}"}, {"index": 1, "id": "b", "name": "calendar"}],
        finish_reason="tool_calls",
        cached_tokens=3,
    )
    events = await ask(provider, model)
    # Pieces that come in one read are one.
    assert merged(without_usage(events)) == [
        ReasoningDelta("Hm, time."),
        ToolCallDelta(0, "a", "clock", ""),
        ToolCallDelta(0, "", "", "{}"),
        ToolCallDelta(1, "b", "calendar", ""),
        TextDelta("Noon."),
        Finished("tool_calls"),
    ]
    usage = last_usage(events)
    assert (usage.prompt_tokens, usage.cached_tokens) == (6, 3)
    assert (usage.completion_tokens, usage.reasoning_tokens) == (6, 2)


async def test_parameters_are_sent_when_given(provider: Provider, upstream: Server, model: str) -> None:
    events = await ask(provider, model, max_tokens=3, temperature=0.0)
    body = upstream.log(model)[0].body
    assert (body["max_tokens"], body["temperature"]) == (3, 0.0)
    assert events[-1] == Finished("length")


async def test_without_a_key_none_is_sent(
    wire: Wire, upstream: Server, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-somebody-else")
    keyless = wire.at(upstream)
    assert said(await ask(keyless, model)) == default_text()
    assert ModelFacts("gpt-4o") in await keyless.models()
    await keyless.aclose()
    headers = upstream.log(model)[0].headers
    assert "x-api-key" not in headers
    assert "authorization" not in headers


async def test_the_next_question_uses_the_same_connection(wire: Wire, upstream: Server, model: str) -> None:
    provider = wire.at(upstream, KEY)
    for _ in range(3):
        await ask(provider, model)
    await provider.aclose()
    assert len({record.connection for record in upstream.log(model)}) == 1


async def test_a_hundred_streams_run_at_once(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=5, then="hang", after=1)
    asked = asyncio.gather(*(ask(provider, model) for _ in range(150)))
    deadline = time.monotonic() + patience.SECONDS
    while sum(record.pieces for record in await asyncio.to_thread(upstream.log, model)) < 150:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    while not asked.done():
        # A word counts as sent a moment before its answer hangs.
        await asyncio.to_thread(upstream.release, TURNS[-1].content)
        await asyncio.sleep(0.05)
    answers = await asked
    assert {said(events) for events in answers} == {default_text(5)}
    records = upstream.log(model)
    ends = [record.ended_at for record in records if record.ended_at is not None]
    assert max(record.at for record in records) < min(ends)


@pytest.mark.parametrize(
    "knobs",
    [{"done": False}, {"then": "malformed", "after": 1}, {"usage": "every"}],
    ids=["no end mark", "malformed event", "usage with every piece"],
)
async def test_a_sloppy_server_still_answers(
    knobs: dict[str, Any], provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, **knobs)
    events = await ask(provider, model)
    assert said(events) == default_text()
    assert events[-1] == Finished("stop")


async def test_a_line_that_drops_after_the_finish_loses_nothing(
    wire: Wire, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, raw=[wire.hi + wire.finish], then="close", after=1)
    assert await ask(provider, model) == [TextDelta("Hi"), Finished("stop")]


@pytest.mark.parametrize("pings", [{}, {"ping_every": 0.03}], ids=["silent", "pinging"])
async def test_a_server_that_stays_on_the_line_after_its_end_does_not_hold_the_answer_back(
    pings: dict[str, Any], wire: Wire, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, raw=[wire.hi + wire.finish + wire.end], then="hang", after=1, **pings)
    began = time.monotonic()
    assert await ask(provider, model) == [TextDelta("Hi"), Finished("stop")]
    assert time.monotonic() - began < 4
    await upstream.until(model, lambda record: record.ended == "client_closed")
