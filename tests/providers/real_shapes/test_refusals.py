"""The words of an error are found in any JSON, before a stream and in it; secrets are masked."""

import json

import pytest

from chat.providers.base import Provider
from tests.harness.upstream.process import Upstream
from tests.providers.asking import failing
from tests.providers.chunking import SIZES
from tests.providers.real_shapes.case import FORMATS, Case, Fails, Format, event, stream
from tests.providers.real_shapes.reading import read
from tests.providers.real_shapes.refusals import SECRETS, TOLD, WITH_A_STATUS, WORDS


def check(message: str) -> None:
    assert WORDS in message
    assert "[key] at [address]" in message
    assert not any(secret in message for secret in SECRETS)


@pytest.mark.parametrize("kind", TOLD | WITH_A_STATUS)
async def test_a_refusal_says_why(kind: str, provider: Provider, upstream: Upstream, model: str) -> None:
    body = json.dumps((TOLD | WITH_A_STATUS)[kind])
    for status in (400, 422, 500):
        upstream.script(model, status=status, body=body)
        found, error = await failing(provider, model)
        assert (found, error.code) == ([], "api_error")
        check(error.message)


@pytest.mark.parametrize("kind", TOLD)
async def test_an_error_in_place_of_a_stream_says_why(
    kind: str, provider: Provider, upstream: Upstream, model: str
) -> None:
    upstream.script(model, body=json.dumps(TOLD[kind]))
    found, error = await failing(provider, model)
    assert (found, error.code) == ([], "api_error")
    check(error.message)


@pytest.mark.parametrize("wire", FORMATS, ids=lambda wire: wire.name)
@pytest.mark.parametrize("kind", TOLD)
@pytest.mark.parametrize("name", ["", "error"])
def test_an_error_as_an_event_says_why(kind: str, wire: Format, name: str) -> None:
    for body, text in (
        (event(TOLD[kind], name), ""),
        (stream(wire, wire.said("Hello"), event(TOLD[kind], name), wire.said(" world")), "Hello"),
    ):
        for size in SIZES:
            found = read(Case(kind, wire, body), size)
            assert isinstance(found.end, Fails)
            assert (found.text, found.end.code, found.told) == (text, "api_error", False)
            check(found.end.words)
