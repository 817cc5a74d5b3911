"""What only Anthropic's provider asks for, and the row of the catalog behind it."""

from typing import Any

import pytest

from chat.catalog.providers import ensure_providers
from chat.models import Provider as Row
from chat.providers.anthropic.provider import connect
from chat.providers.base import CompletionRequest, Endpoint, Provider, Turn
from chat.providers.registry import close_providers, provider_for
from tests.harness.upstream.process import Upstream as Server
from tests.harness.upstream.script import default_text
from tests.providers.asking import KEY, ask, collected, said
from tests.providers.formats import ANTHROPIC, Wire


@pytest.fixture
def wire() -> Wire:
    return ANTHROPIC


async def test_a_request_carries_what_was_asked_for_and_nothing_else(
    provider: Provider, upstream: Server, model: str
) -> None:
    await ask(provider, model)
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
    assert await collected(provider, CompletionRequest(model, turns, **parameters))
    return upstream.log(model)[-1].body


USER = Turn("user", "a")


@pytest.mark.parametrize(("hour", "mark"), [(False, {"type": "ephemeral"}), (True, {"type": "ephemeral", "ttl": "1h"})])
async def test_a_prompt_is_marked_to_be_kept_where_it_may_be_read_again(
    hour: bool, mark: dict[str, str], provider: Provider, upstream: Server, model: str
) -> None:
    assert (await body_of(provider, upstream, model, USER, cache_key="k", cache_hour=hour))["cache_control"] == mark
    assert "cache_control" not in await body_of(provider, upstream, model, USER, cache_hour=hour)


async def test_a_temperature_above_the_formats_highest_is_lowered(
    provider: Provider, upstream: Server, model: str
) -> None:
    assert (await body_of(provider, upstream, model, USER, temperature=1.8))["temperature"] == 1.0


async def test_turns_of_one_speaker_become_one_and_the_user_begins(
    provider: Provider, upstream: Server, model: str
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
    body = await body_of(provider, upstream, model, *turns)
    assert body["system"] == "Be brief.\n\nBe kind."
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user", "assistant", "user"]
    assert [message["content"] for message in body["messages"]][1:] == ["Hello", "a\n\nb\n\nc", "d", "e"]


async def test_without_a_system_prompt_none_is_sent(provider: Provider, upstream: Server, model: str) -> None:
    assert "system" not in await body_of(provider, upstream, model, USER, response_format={"type": "text"})


async def test_a_response_format_becomes_an_instruction(provider: Provider, upstream: Server, model: str) -> None:
    schema = {"type": "object", "properties": {"größe": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    body = await body_of(provider, upstream, model, Turn("system", "Be brief."), USER, response_format=wanted)
    assert body["system"].startswith("Be brief.\n\n")
    assert "JSON" in body["system"]
    assert '{"größe":{"type":"integer"}}' in body["system"]
    assert "response_format" not in body
    body = await body_of(provider, upstream, model, USER, response_format={"type": "json_object"})
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
    prefix: str, provider: Provider, upstream: Server, model: str, *, thinks: bool
) -> None:
    body = await body_of(provider, upstream, f"{prefix}-{model}", USER)
    assert body.get("thinking") == ({"type": "adaptive", "display": "summarized"} if thinks else None)
    assert body["max_tokens"] == (32_000 if thinks else 8192)


async def test_an_address_with_the_formats_v1_is_understood(upstream: Server, model: str) -> None:
    provider = connect(Endpoint(f"{upstream.anthropic_url}/v1/", KEY))
    assert said(await ask(provider, model)) == default_text()
    await provider.aclose()


async def test_models_come_on_one_large_page_and_by_its_own_key(provider: Provider, upstream: Server) -> None:
    before = len(upstream.log())
    await provider.models()
    (record,) = [record for record in upstream.log()[before:] if record.headers.get("x-api-key")]
    assert (record.path, record.headers["x-api-key"], record.authorization) == ("/v1/models", KEY, None)


async def test_the_registry_finds_it_and_keeps_it() -> None:
    endpoint = Endpoint("http://127.0.0.1:9", KEY)
    assert await provider_for("anthropic", endpoint) is await provider_for("anthropic", endpoint)
    await close_providers()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "address", "configured"),
    [
        ("ANTHROPIC_API_KEY", KEY, "https://api.anthropic.com", True),
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9/", "http://127.0.0.1:9", True),
        ("ANTHROPIC_BASE_URL", "https://api.anthropic.com", "https://api.anthropic.com", False),
    ],
)
def test_each_variable_makes_the_provider(
    name: str, value: str, address: str, monkeypatch: pytest.MonkeyPatch, *, configured: bool
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    ensure_providers()
    assert not Row.objects.filter(name="anthropic").exists()
    monkeypatch.setenv(name, value)
    ensure_providers()
    ensure_providers()
    row = Row.objects.get(name="anthropic")
    assert (row.kind, row.api_key_variable) == ("anthropic", "ANTHROPIC_API_KEY")
    assert (row.address, row.is_configured) == (address, configured)
    assert row.api_key == (value if name == "ANTHROPIC_API_KEY" else "")
