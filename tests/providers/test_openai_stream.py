"""The provider over real HTTP: what it asks for, and whole answers."""

import asyncio
import time
from typing import Any

import pytest

from chat.events import Finished, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from chat.providers.base import Endpoint, Provider
from chat.providers.openai import connect
from tests.providers.asking import KEY, ask, said
from tests.upstream.process import Upstream as Server
from tests.upstream.script import default_text


async def test_an_answer_comes_whole_with_its_usage_and_its_end(provider: Provider, model: str) -> None:
    events = await ask(provider, model)
    assert said(events) == default_text()
    assert events[-2:] == [Usage(6, 0, 20, 0), Finished("stop")]


async def test_thinking_and_tools_come_through(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(
        model,
        text=["Noon."],
        reasoning=["Hm, ", "time."],
        tool_calls=[{"id": "a", "name": "clock"}, {"arguments": "{}"}],
        finish_reason="tool_calls",
        cached_tokens=3,
    )
    assert await ask(provider, model) == [
        ReasoningDelta("Hm, "),
        ReasoningDelta("time."),
        ToolCallDelta(0, "a", "clock", ""),
        ToolCallDelta(0, "", "", "{}"),
        TextDelta("Noon."),
        Usage(6, 3, 5, 2),
        Finished("tool_calls"),
    ]


async def test_a_request_carries_what_was_asked_for_and_nothing_else(
    provider: Provider, upstream: Server, model: str
) -> None:
    await ask(provider, model)
    (record,) = upstream.log(model)
    assert record.authorization == f"Bearer {KEY}"
    assert record.body == {
        "model": model,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "How are you today?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_parameters_are_sent_when_given(provider: Provider, upstream: Server, model: str) -> None:
    shape = {"type": "json_object"}
    events = await ask(provider, model, max_tokens=3, temperature=0.0, response_format=shape)
    body = upstream.log(model)[0].body
    assert (body["max_tokens"], body["temperature"], body["response_format"]) == (3, 0.0, shape)
    assert events[-1] == Finished("length")


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("o3-mini", "max_completion_tokens"),
        ("openai/o1", "max_completion_tokens"),
        ("gpt-5", "max_completion_tokens"),
        ("gpt-4o", "max_tokens"),
        ("gpt-oss-20b", "max_tokens"),
        ("qwen3-omni", "max_tokens"),
    ],
)
async def test_models_that_think_have_a_limit_of_another_name(
    prefix: str, name: str, provider: Provider, upstream: Server, model: str
) -> None:
    await ask(provider, f"{prefix}-{model}", max_tokens=2)
    limits = {key: value for key, value in upstream.log(f"{prefix}-{model}")[0].body.items() if "tokens" in key}
    assert limits == {name: 2}


async def test_without_a_key_none_is_sent(upstream: Server, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    keyless = connect(Endpoint(upstream.base_url))
    assert said(await ask(keyless, model)) == default_text()
    assert "demo" not in await keyless.models()
    await keyless.aclose()
    assert upstream.log(model)[0].authorization is None


async def test_the_next_question_uses_the_same_connection(upstream: Server, model: str) -> None:
    provider = connect(Endpoint(upstream.base_url, KEY))
    for _ in range(3):
        await ask(provider, model)
    await provider.aclose()
    assert len({record.connection for record in upstream.log(model)}) == 1


async def test_a_hundred_streams_run_at_once(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=5, delay_first=0.5)
    answers = await asyncio.gather(*(ask(provider, model) for _ in range(150)))
    assert {said(events) for events in answers} == {default_text(5)}
    records = upstream.log(model)
    ends = [record.ended_at for record in records if record.ended_at is not None]
    assert max(record.at for record in records) < min(ends)


@pytest.mark.parametrize(
    "knobs",
    [{"done": False}, {"finish_reason": None}, {"then": "malformed", "after": 1}, {"usage": "every"}],
    ids=["no [DONE]", "no finish reason", "malformed event", "usage on every chunk"],
)
async def test_a_sloppy_server_still_answers(
    knobs: dict[str, Any], provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, **knobs)
    events = await ask(provider, model)
    assert said(events) == default_text()
    assert events[-1] == Finished("stop")


async def test_a_line_that_drops_after_the_finish_loses_nothing(
    provider: Provider, upstream: Server, model: str
) -> None:
    whole = [b'data: {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}\n\n']
    upstream.script(model, raw=whole, then="close", after=1)
    assert await ask(provider, model) == [TextDelta("Hi"), Finished("stop")]


@pytest.mark.parametrize("pings", [{}, {"ping_every": 0.03}], ids=["silent", "pinging"])
async def test_a_server_that_stays_on_the_line_after_done_does_not_hold_the_answer_back(
    pings: dict[str, Any], provider: Provider, upstream: Server, model: str
) -> None:
    whole = [b'data: {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n']
    upstream.script(model, raw=whole, then="hang", after=1, **pings)
    began = time.monotonic()
    assert await ask(provider, model) == [TextDelta("Hi"), Finished("stop")]
    assert time.monotonic() - began < 4
    await upstream.until(model, lambda record: record.ended == "client_closed")
