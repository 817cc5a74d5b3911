"""Anthropic's provider over real HTTP: what it asks for, and whole answers."""

import asyncio
import time
from contextlib import aclosing
from typing import Any

import pytest

from chat.events import Finished, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from chat.providers.anthropic import connect
from chat.providers.base import CompletionRequest, Endpoint, Provider, Turn
from tests.providers.asking import KEY, ask, said
from tests.upstream.process import Upstream as Server
from tests.upstream.script import default_text


async def test_an_answer_comes_whole_with_its_usage_and_its_end(claude: Provider, model: str) -> None:
    events = await ask(claude, model)
    assert said(events) == default_text()
    assert events[-2:] == [Usage(6, 0, 20, 0), Finished("stop")]


async def test_thinking_and_tools_come_through(claude: Provider, upstream: Server, model: str) -> None:
    upstream.script(
        model,
        text=["Noon."],
        reasoning=["Hm, ", "time."],
        tool_calls=[{"id": "a", "name": "clock"}, {"arguments": "{}"}, {"index": 1, "id": "b", "name": "calendar"}],
        finish_reason="tool_calls",
        cached_tokens=3,
    )
    assert await ask(claude, model) == [
        ReasoningDelta("Hm, "),
        ReasoningDelta("time."),
        ToolCallDelta(0, "a", "clock", ""),
        ToolCallDelta(0, "", "", "{}"),
        ToolCallDelta(1, "b", "calendar", ""),
        TextDelta("Noon."),
        Usage(6, 3, 6, 2),
        Finished("tool_calls"),
    ]


async def test_a_request_carries_what_was_asked_for_and_nothing_else(
    claude: Provider, upstream: Server, model: str
) -> None:
    await ask(claude, model)
    (record,) = upstream.log(model)
    assert (record.path, record.authorization) == ("/v1/messages", None)
    assert (record.headers["x-api-key"], record.headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert record.body == {
        "model": model,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "How are you today?"}],
        "max_tokens": 8192,
        "stream": True,
    }


async def body_of(provider: Provider, upstream: Server, model: str, *turns: Turn, **parameters: Any) -> dict[str, Any]:
    async with aclosing(provider.stream(CompletionRequest(model, turns, **parameters))) as stream:
        assert [event async for event in stream]
    return upstream.log(model)[-1].body


USER = Turn("user", "a")


async def test_parameters_are_sent_when_given(claude: Provider, upstream: Server, model: str) -> None:
    events = await ask(claude, model, max_tokens=3, temperature=0.0)
    body = upstream.log(model)[0].body
    assert (body["max_tokens"], body["temperature"]) == (3, 0.0)
    assert events[-1] == Finished("length")


async def test_a_temperature_above_the_formats_highest_is_lowered(
    claude: Provider, upstream: Server, model: str
) -> None:
    assert (await body_of(claude, upstream, model, USER, temperature=1.8))["temperature"] == 1.0


async def test_turns_of_one_speaker_become_one_and_the_user_begins(
    claude: Provider, upstream: Server, model: str
) -> None:
    turns = (
        Turn("system", "Be brief."),
        Turn("assistant", "Hello"),
        Turn("user", "a"),
        Turn("user", "b"),
        Turn("system", "Be kind."),
        Turn("user", "c"),
        Turn("assistant", "d"),
        Turn("user", "e"),
    )
    body = await body_of(claude, upstream, model, *turns)
    assert body["system"] == "Be brief.\n\nBe kind."
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user", "assistant", "user"]
    assert [message["content"] for message in body["messages"]][1:] == ["Hello", "a\n\nb\n\nc", "d", "e"]


async def test_without_a_system_prompt_none_is_sent(claude: Provider, upstream: Server, model: str) -> None:
    assert "system" not in await body_of(claude, upstream, model, USER, response_format={"type": "text"})


async def test_a_response_format_becomes_an_instruction(claude: Provider, upstream: Server, model: str) -> None:
    schema = {"type": "object", "properties": {"größe": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    body = await body_of(claude, upstream, model, Turn("system", "Be brief."), USER, response_format=wanted)
    assert body["system"].startswith("Be brief.\n\n")
    assert "JSON" in body["system"]
    assert '{"größe":{"type":"integer"}}' in body["system"]
    assert "response_format" not in body
    body = await body_of(claude, upstream, model, USER, response_format={"type": "json_object"})
    assert "JSON" in body["system"]


@pytest.mark.parametrize(
    ("prefix", "thinks"),
    [
        ("claude-opus-5", True),
        ("claude-sonnet-5-5", True),
        ("anthropic/claude-haiku-5-5", True),
        ("claude-opus-10", True),
        ("claude-opus-4-5", False),
        ("claude-sonnet-4-20250514", False),
        ("claude-3-5-haiku-latest", False),
    ],
)
async def test_models_that_think_unasked_are_asked_to_show_it_and_get_room(
    prefix: str, claude: Provider, upstream: Server, model: str, *, thinks: bool
) -> None:
    body = await body_of(claude, upstream, f"{prefix}-{model}", USER)
    assert body.get("thinking") == ({"type": "adaptive", "display": "summarized"} if thinks else None)
    assert body["max_tokens"] == (32_000 if thinks else 8192)


async def test_without_a_key_none_is_sent(upstream: Server, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-somebody-else")
    keyless = connect(Endpoint(upstream.anthropic_url))
    assert said(await ask(keyless, model)) == default_text()
    assert "gpt-4o" in await keyless.models()
    await keyless.aclose()
    headers = upstream.log(model)[0].headers
    assert "x-api-key" not in headers
    assert "authorization" not in headers


async def test_an_address_with_the_formats_v1_is_understood(upstream: Server, model: str) -> None:
    provider = connect(Endpoint(f"{upstream.anthropic_url}/v1/", KEY))
    assert said(await ask(provider, model)) == default_text()
    await provider.aclose()


async def test_the_next_question_uses_the_same_connection(upstream: Server, model: str) -> None:
    provider = connect(Endpoint(upstream.anthropic_url, KEY))
    for _ in range(3):
        await ask(provider, model)
    await provider.aclose()
    assert len({record.connection for record in upstream.log(model)}) == 1


async def test_a_hundred_streams_run_at_once(claude: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=5, delay_first=0.5)
    answers = await asyncio.gather(*(ask(claude, model) for _ in range(150)))
    assert {said(events) for events in answers} == {default_text(5)}
    records = upstream.log(model)
    ends = [record.ended_at for record in records if record.ended_at is not None]
    assert max(record.at for record in records) < min(ends)


@pytest.mark.parametrize(
    "knobs",
    [{"done": False}, {"finish_reason": None}, {"then": "malformed", "after": 1}, {"usage": "every"}],
    ids=["no message_stop", "no stop reason", "malformed event", "usage after every piece"],
)
async def test_a_sloppy_server_still_answers(
    knobs: dict[str, Any], claude: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, **knobs)
    events = await ask(claude, model)
    assert said(events) == default_text()
    assert events[-1] == Finished("stop")


FINISHED = (
    b'data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}\n\n'
    b'data: {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}\n\n'
)


async def test_a_line_that_drops_after_the_finish_loses_nothing(claude: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, raw=[FINISHED], then="close", after=1)
    assert await ask(claude, model) == [TextDelta("Hi"), Finished("stop")]


@pytest.mark.parametrize("pings", [{}, {"ping_every": 0.03}], ids=["silent", "pinging"])
async def test_a_server_that_stays_on_the_line_after_its_end_does_not_hold_the_answer_back(
    pings: dict[str, Any], claude: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, raw=[FINISHED + b'data: {"type": "message_stop"}\n\n'], then="hang", after=1, **pings)
    began = time.monotonic()
    assert await ask(claude, model) == [TextDelta("Hi"), Finished("stop")]
    assert time.monotonic() - began < 4
    await upstream.until(model, lambda record: record.ended == "client_closed")
