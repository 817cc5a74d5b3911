"""The provider over real HTTP: every fault is the right error, and never a success."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from chat.events import Finished, Usage
from chat.providers.base import Endpoint, Provider
from chat.providers.openai import connect
from tests.providers.asking import KEY, ask, failing, said
from tests.upstream.process import Upstream as Server
from tests.upstream.script import default_text


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (400, "api_error", False),
        (401, "authentication", False),
        (402, "budget", False),
        (403, "authentication", False),
        (404, "api_error", False),
        (408, "timeout", True),
        (422, "api_error", False),
        (429, "rate_limit", True),
        (500, "api_error", True),
        (502, "api_error", True),
        (503, "api_error", True),
        (504, "timeout", True),
        (529, "api_error", True),
    ],
)
async def test_every_status_becomes_its_error(
    status: int, code: str, provider: Provider, upstream: Server, model: str, *, retryable: bool
) -> None:
    upstream.script(model, status=status, error_type="", error_message=f"no luck with {KEY} at http://10.0.0.7/x")
    found, error = await failing(provider, model)
    assert found == []
    assert (error.code, error.retryable, error.retry_after) == (code, retryable, None)
    assert KEY not in error.message
    assert "10.0.0.7" not in error.message
    assert len(upstream.log(model)) == 1


@pytest.mark.parametrize(
    "knobs", [{"status": 401}, {"then": "error"}, {"body": "no luck with its-own-form.0123456789"}]
)
async def test_a_key_of_any_form_is_not_echoed(knobs: dict[str, Any], upstream: Server, model: str) -> None:
    key = "its-own-form.0123456789"
    provider = connect(Endpoint(upstream.base_url, key))
    upstream.script(model, error_message=f"no luck with {key}", **knobs)
    _, error = await failing(provider, model)
    await provider.aclose()
    assert "no luck with [key]" in error.message
    assert key not in str(error)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": "soon"}, None),
    ],
)
async def test_retry_after_is_passed_on(
    header: dict[str, str], seconds: float | None, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, status=429, headers=header)
    _, error = await failing(provider, model)
    assert (error.code, error.retry_after) == ("rate_limit", seconds)


async def test_retry_after_may_be_a_date(provider: Provider, upstream: Server, model: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    upstream.script(model, status=503, headers={"Retry-After": date})
    _, error = await failing(provider, model)
    assert error.retry_after is not None
    assert 60 < error.retry_after <= 100


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"error_code": "context_length_exceeded"}, "context_length"),
        ({"error_message": "This model's maximum context length is 8192 tokens."}, "context_length"),
        ({"error_type": "exceed_context_size_error"}, "context_length"),
        ({"error_message": "the request exceeds the available context size"}, "context_length"),
        ({"error_code": "content_filter"}, "content_filter"),
        ({"body": '{"object": "error", "message": "no such sampler"}'}, "api_error"),
        ({"body": "plain words"}, "api_error"),
        ({"body": ""}, "api_error"),
    ],
)
async def test_a_refused_request_says_why(
    knobs: dict[str, Any], code: str, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, status=400, **knobs)
    _, error = await failing(provider, model)
    assert (error.code, error.retryable) == (code, False)


async def test_an_empty_account_is_not_worth_a_retry(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, status=429, error_type="insufficient_quota", error_code="insufficient_quota")
    _, error = await failing(provider, model)
    assert (error.code, error.retryable) == ("budget", False)


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"body": '{"error": {"message": "the engine died"}}'}, "api_error"),
        ({"body": '{"error": {"type": "rate_limit_error", "message": "slow down"}}'}, "rate_limit"),
        ({"body": '{"object": "list", "data": []}'}, "api_error"),
        ({"body": "<!doctype html><title>Welcome</title>" + " " * 100_000}, "api_error"),
        ({"body": ""}, "api_error"),
        ({"raw": []}, "api_error"),
        ({"raw": [b": ping\n\n"]}, "api_error"),
        ({"headers": {"Content-Encoding": "gzip"}}, "api_error"),
        ({"then": "error"}, "api_error"),
        ({"then": "error_event"}, "api_error"),
        ({"then": "end"}, "api_error"),
        ({"text": [], "finish_reason": None}, "api_error"),
        ({"then": "close"}, "network_error"),
        ({"then": "reset"}, "network_error"),
        ({"then": "close", "before_headers": True}, "network_error"),
        ({"then": "reset", "before_headers": True}, "network_error"),
    ],
)
async def test_a_200_that_is_no_answer_is_an_error(
    knobs: dict[str, Any], code: str, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, **knobs)
    found, error = await failing(provider, model)
    assert (said(found), error.code) == ("", code)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("close", "interrupted"),
        ("reset", "interrupted"),
        ("end", "interrupted"),
        ("error", "api_error"),
        ("error_event", "api_error"),
    ],
)
async def test_an_answer_that_breaks_off_keeps_its_words_and_is_an_error(
    fault: str, code: str, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, tokens=9, then=fault, after=4, delay=0.01)
    found, error = await failing(provider, model)
    assert said(found) == default_text(4)
    assert (error.code, error.retryable) == (code, True)
    assert not any(isinstance(event, Finished) for event in found)


@pytest.mark.parametrize(
    "failure", [b'data: {"error": {"message": "died"}}', b'event: error\ndata: {"message": "died"}']
)
@pytest.mark.parametrize("then", ["hang", "end"])
async def test_words_that_come_in_one_read_with_an_error_are_kept(
    failure: bytes, then: str, provider: Provider, upstream: Server, model: str
) -> None:
    words = b'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\n'
    upstream.script(model, raw=[words + failure + b"\n\n"], then=then, after=1)
    found, error = await failing(provider, model)
    assert (said(found), error.code) == ("Hi", "api_error")
    assert "died" in error.message


async def test_usage_known_before_the_break_is_kept(provider: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=9, usage="every", then="end", after=4)
    found, _ = await failing(provider, model)
    assert found[-1] == Usage(6, 0, 4, 0)


@pytest.mark.parametrize(
    "knobs",
    [{"before_headers": True}, {}, {"after": 2}, {"after": 2, "ping_every": 0.05}],
    ids=["before the headers", "before the text", "after text", "but for pings"],
)
async def test_silence_is_a_timeout(knobs: dict[str, Any], impatient: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, then="hang", **knobs)
    found, error = await failing(impatient, model)
    assert said(found) == default_text(knobs.get("after", 0))
    assert error.code == "timeout"
    await upstream.until(model, lambda record: record.ended == "client_closed")


async def test_slow_words_are_no_silence(impatient: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=5, delay=0.15)
    assert said(await ask(impatient, model)) == default_text(5)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_with_the_prompt(
    status: int, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, status=status, headers={"Location": f"{upstream.url}/elsewhere/{model}"}, body="")
    _, error = await failing(provider, model)
    assert (error.code, error.retryable) == ("api_error", False)
    assert not [record for record in upstream.log() if record.path == f"/elsewhere/{model}"]


async def test_nobody_at_the_address_is_a_network_error() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        provider = connect(Endpoint(f"http://127.0.0.1:{reserved.getsockname()[1]}/v1", KEY))
        _, error = await failing(provider, "any")
        await provider.aclose()
    assert (error.code, error.retryable) == ("network_error", True)


@pytest.mark.parametrize("address", ["nonsense", "ftp://example.org", "http://[::", "http://host:port/v1", ""])
async def test_an_address_that_is_none_is_an_error_to_mend(address: str) -> None:
    provider = connect(Endpoint(address, KEY))
    _, error = await failing(provider, "any")
    await provider.aclose()
    assert (error.code, error.retryable) == ("api_error", False)


@pytest.mark.parametrize("key", ["sk-“quoted”-0123456789", "sk-0123456789\nX-Injected: 1"])
async def test_a_key_that_is_no_header_is_an_error_to_mend(key: str, upstream: Server, model: str) -> None:
    provider = connect(Endpoint(upstream.base_url, key))
    _, error = await failing(provider, model)
    await provider.aclose()
    assert (error.code, error.retryable) == ("api_error", False)
    assert "0123456789" not in error.message
    assert upstream.log(model) == []


def test_an_endpoint_does_not_show_its_key() -> None:
    assert KEY not in repr(Endpoint("http://localhost", KEY))
