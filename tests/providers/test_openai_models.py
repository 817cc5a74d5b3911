"""The list of models, from servers of many kinds."""

from typing import Any

import pytest

from chat.errors import ChatError
from chat.providers.base import Endpoint, Provider
from chat.providers.openai import connect
from tests.providers.asking import KEY
from tests.upstream.process import Upstream as Server


async def test_models_come_in_the_providers_order(provider: Provider) -> None:
    assert (await provider.models())[:3] == ["gpt-4o", "gpt-4o-mini", "o3-mini"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"data": [{"id": "b"}, {"id": "a", "x": 1}, {"name": "c"}, 5]}', ["b", "a"]),
        ('[{"id": "b"}]', ["b"]),
        ('{"data": []}', []),
    ],
)
async def test_lists_of_models_may_be_of_many_shapes(body: str, expected: list[str]) -> None:
    with Server() as other:
        other.script("/v1/models", body=body)
        provider = connect(Endpoint(other.base_url, KEY))
        assert await provider.models() == expected
        await provider.aclose()


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"status": 401}, "authentication"),
        ({"status": 307, "headers": {"Location": "/v1/other"}}, "api_error"),
        ({"body": "<html>"}, "api_error"),
        ({"body": '{"error": {"type": "rate_limit_error"}}'}, "rate_limit"),
        ({"body": '{"data": null}'}, "api_error"),
        ({"body": "5"}, "api_error"),
    ],
)
async def test_a_list_of_models_that_is_none_is_an_error(knobs: dict[str, Any], code: str) -> None:
    with Server() as other:
        other.script("/v1/models", **knobs)
        provider = connect(Endpoint(other.base_url, KEY))
        with pytest.raises(ChatError) as caught:
            await provider.models()
        await provider.aclose()
    assert caught.value.code == code
