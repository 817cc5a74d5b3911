"""What only OpenAI's provider asks for and hears."""

from typing import Any

import pytest

from chat.providers.base import Provider
from tests.harness.upstream.process import Upstream as Server
from tests.providers.asking import KEY, ask, failing
from tests.providers.formats import OPENAI, Wire


@pytest.fixture
def wire() -> Wire:
    return OPENAI


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


async def test_a_response_format_is_passed_on(provider: Provider, upstream: Server, model: str) -> None:
    shape = {"type": "json_object"}
    await ask(provider, model, response_format=shape)
    assert upstream.log(model)[0].body["response_format"] == shape


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("gpt-5.6-sol", True),
        ("gpt-6-astra", True),
        ("openai/gpt-10", True),
        ("gpt-5.5", False),
        ("gpt-5", False),
        ("gpt-4o", False),
        ("gpt-oss-20b", False),
        ("o3-mini", False),
    ],
)
async def test_models_that_cache_unasked_are_told_not_to(
    prefix: str, said: bool, provider: Provider, upstream: Server, model: str
) -> None:
    name = f"{prefix}-{model}"
    await ask(provider, name, cache_off=True)
    await ask(provider, name)
    off, unsaid = (record.body for record in upstream.log(name))
    assert off.get("prompt_cache_options") == ({"mode": "explicit"} if said else None)
    assert "prompt_cache_options" not in unsaid


async def test_a_conversation_leads_to_its_cache_by_a_key(provider: Provider, upstream: Server, model: str) -> None:
    await ask(provider, model, cache_key="of-this-conversation", cache_hour=True)
    body = upstream.log(model)[0].body
    assert {name: value for name, value in body.items() if "cache" in name} == {
        "prompt_cache_key": "of-this-conversation"
    }


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


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"status": 400, "error_code": "context_length_exceeded"}, "context_length"),
        ({"status": 400, "error_code": "content_filter"}, "content_filter"),
        # An empty account is reported as too many requests.
        ({"status": 429, "error_type": "insufficient_quota", "error_code": "insufficient_quota"}, "budget"),
    ],
)
async def test_the_code_of_an_error_says_more_than_its_status(
    knobs: dict[str, Any], code: str, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, **knobs)
    _, error = await failing(provider, model)
    assert (error.code, error.retryable) == (code, False)
