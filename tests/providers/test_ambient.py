"""What an SDK takes from the environment reaches only whom it is meant for, and a proxy of no use is named."""

from dataclasses import replace

import pytest

from chat.errors import ChatError
from chat.models import Provider as Row
from chat.providers.base import Endpoint, Provider
from tests.harness.upstream.process import Upstream as Server
from tests.providers.asking import KEY, ask, failing
from tests.providers.formats import Wire

SECRET = "of-another-house"
CUSTOM = "\n".join(
    [
        f"Authorization: Bearer {SECRET}",
        f"authorization: Bearer {SECRET}",
        f"x-api-key: {SECRET}",
        f"X-Api-Key: {SECRET}",
        f"Anthropic-Version: {SECRET}",
        f"X-Tenant: {SECRET}",
        f"User-Agent: {SECRET}",
    ]
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for sdk in ("OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{sdk}_CUSTOM_HEADERS", CUSTOM)
        monkeypatch.setenv(f"{sdk}_API_KEY", SECRET)
        monkeypatch.setenv(f"{sdk}_BASE_URL", f"http://{SECRET}.invalid")
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, SECRET)
    for name in ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_WORKSPACE_ID", "ANTHROPIC_ORGANIZATION_ID", "ANTHROPIC_PROFILE"):
        monkeypatch.setenv(name, SECRET)


def at(wire: Wire, upstream: Server, key: str, *, heeds_environment: bool) -> Provider:
    endpoint = Endpoint(f"{upstream.url}{wire.path}", key, 10, 10)
    return wire.connect(replace(endpoint, heeds_environment=heeds_environment))


@pytest.mark.parametrize("key", [KEY, ""])
async def test_another_provider_gets_nothing_of_it(key: str, wire: Wire, model: str) -> None:
    # Of lists it is not told which test asked for them.
    with Server() as upstream:
        provider = at(wire, upstream, key, heeds_environment=False)
        assert await provider.models()
        await ask(provider, model)
        await provider.aclose()
        for record in upstream.log():
            assert SECRET not in str(record.headers)
            sent = record.headers.get("x-api-key" if wire.name == "anthropic" else "authorization", "")
            assert sent.removeprefix("Bearer ") == key


async def test_whom_it_is_meant_for_gets_it_but_keeps_the_providers_key(
    wire: Wire, upstream: Server, model: str
) -> None:
    provider = at(wire, upstream, KEY, heeds_environment=True)
    await ask(provider, model)
    await provider.aclose()
    headers = upstream.log(model)[0].headers
    assert headers["x-tenant"] == SECRET
    if wire.name == "openai":
        assert headers["authorization"] == f"Bearer {KEY}"
        assert (headers["openai-organization"], headers["openai-project"]) == (SECRET, SECRET)
        assert "x-api-key" not in headers
    else:
        assert headers["x-api-key"] == KEY
        assert headers["anthropic-version"] == "2023-06-01"
        assert "authorization" not in headers


@pytest.mark.parametrize(
    ("kind", "base_url", "variable", "is_own"),
    [
        ("openai", "", "OPENAI_API_KEY", True),
        ("openai", "https://api.openai.com/v1/", "OPENAI_API_KEY", True),
        ("openai", "http://127.0.0.1:9/v1", "OPENAI_API_KEY", False),
        ("openai", "", "OTHER_API_KEY", False),
        ("openai", "", "ANTHROPIC_API_KEY", False),
        ("anthropic", "", "ANTHROPIC_API_KEY", True),
        ("anthropic", "https://proxy.example.org", "ANTHROPIC_API_KEY", False),
        ("demo", "", "", False),
    ],
)
def test_it_is_meant_for_the_sdks_own_address_and_key(
    kind: str, base_url: str, variable: str, monkeypatch: pytest.MonkeyPatch, *, is_own: bool
) -> None:
    for sdk in ("OPENAI", "ANTHROPIC"):
        monkeypatch.delenv(f"{sdk}_BASE_URL")
    row = Row(kind=kind, base_url=base_url, api_key_variable=variable)
    assert row.is_the_sdks_own is is_own


def test_an_address_from_the_environment_is_not_the_sdks_own() -> None:
    assert not Row(kind="openai", api_key_variable="OPENAI_API_KEY").is_the_sdks_own


@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks5h://user:secret@127.0.0.1:9", "ftp://127.0.0.1:9"])
async def test_a_proxy_of_a_kind_that_cannot_be_used_is_named(
    variable: str, proxy: str, wire: Wire, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy)
    provider = wire.connect(Endpoint("https://llm.example.org/v1", KEY))
    _, error = await failing(provider, model)
    with pytest.raises(ChatError, match=f"The proxy in {variable} is of a kind that cannot be used"):
        await provider.models()
    await provider.aclose()
    scheme = proxy.partition(":")[0]
    assert error.message == (
        f"The proxy in {variable} is of a kind that cannot be used ({scheme}). Name one that begins with http://."
    )
    assert (error.code, error.retryable) == ("api_error", False)


async def test_who_is_reached_without_a_proxy_need_not_have_one(
    wire: Wire, upstream: Server, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    provider = wire.at(upstream, KEY)
    assert await ask(provider, model)
    await provider.aclose()
