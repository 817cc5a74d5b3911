"""The list of models, from servers of many kinds."""

from collections.abc import Iterator
from typing import Any

import pytest

from chat.errors import ChatError
from chat.providers.base import Provider
from tests.harness.upstream.process import Upstream as Server
from tests.providers.asking import KEY
from tests.providers.formats import Wire


@pytest.fixture(scope="module")
def other() -> Iterator[Server]:
    """An upstream of our own: lists of models have no name that would tell tests apart."""
    with Server() as running:
        yield running


async def listed(wire: Wire, server: Server) -> list[str]:
    provider = wire.at(server, KEY)
    try:
        return [facts.id for facts in await provider.models()]
    finally:
        await provider.aclose()


async def test_models_come_in_the_providers_order(provider: Provider) -> None:
    assert [facts.id for facts in await provider.models()][:3] == ["gpt-4o", "gpt-4o-mini", "o3-mini"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"data": [{"type": "model", "id": "b"}, {"id": "a", "x": 1}, {"name": "c"}, 5]}', ["b", "a"]),
        ('[{"id": "b"}]', ["b"]),
        ('{"data": [], "has_more": false}', []),
        ('{"data": null}', []),
        ('{"object": "list"}', []),
        ("[]", []),
        ("null", []),
    ],
)
async def test_lists_of_models_may_be_of_many_shapes(body: str, expected: list[str], wire: Wire, other: Server) -> None:
    other.script("/v1/models", body=body)
    assert await listed(wire, other) == expected


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"status": 401}, "authentication"),
        ({"status": 307, "headers": {"Location": "/v1/other"}}, "api_error"),
        ({"body": "<html>"}, "api_error"),
        ({"body": "[" * 100_000}, "api_error"),
        ({"body": '{"error": {"type": "rate_limit_error"}}'}, "rate_limit"),
        ({"body": '{"type": "error", "error": {"type": "rate_limit_error"}}'}, "rate_limit"),
        ({"body": '{"data": 5}'}, "api_error"),
        ({"body": "{}"}, "api_error"),
        ({"body": "5"}, "api_error"),
    ],
)
async def test_a_list_of_models_that_is_none_is_an_error(
    knobs: dict[str, Any], code: str, wire: Wire, other: Server
) -> None:
    other.script("/v1/models", **knobs)
    with pytest.raises(ChatError) as caught:
        await listed(wire, other)
    assert caught.value.code == code
