"""Anthropic's list of models, and the row of the catalog behind it."""

from typing import Any

import pytest

from chat.catalog import ensure_providers
from chat.errors import ChatError
from chat.models import Provider as Row
from chat.providers.anthropic import connect
from chat.providers.base import Endpoint, Provider
from chat.providers.registry import close_providers, provider_for
from tests.providers.asking import KEY
from tests.upstream.process import Upstream as Server


async def test_models_come_in_the_providers_order_on_one_large_page(claude: Provider, upstream: Server) -> None:
    before = len(upstream.log())
    assert (await claude.models())[:3] == ["gpt-4o", "gpt-4o-mini", "o3-mini"]
    (record,) = [record for record in upstream.log()[before:] if record.headers.get("x-api-key")]
    assert (record.path, record.headers["x-api-key"], record.authorization) == ("/v1/models", KEY, None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"data": [{"type": "model", "id": "b"}, {"id": "a", "x": 1}, {"name": "c"}, 5]}', ["b", "a"]),
        ('{"data": [], "has_more": false}', []),
    ],
)
async def test_lists_of_models_may_be_of_many_shapes(body: str, expected: list[str]) -> None:
    with Server() as other:
        other.script("/v1/models", body=body)
        provider = connect(Endpoint(other.anthropic_url, KEY))
        assert await provider.models() == expected
        await provider.aclose()


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"status": 401}, "authentication"),
        ({"status": 307, "headers": {"Location": "/v1/other"}}, "api_error"),
        ({"body": "<html>"}, "api_error"),
        ({"body": '{"type": "error", "error": {"type": "rate_limit_error"}}'}, "rate_limit"),
        ({"body": '{"data": null}'}, "api_error"),
    ],
)
async def test_a_list_of_models_that_is_none_is_an_error(knobs: dict[str, Any], code: str) -> None:
    with Server() as other:
        other.script("/v1/models", **knobs)
        provider = connect(Endpoint(other.anthropic_url, KEY))
        with pytest.raises(ChatError) as caught:
            await provider.models()
        await provider.aclose()
    assert caught.value.code == code


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
