"""Providers over real HTTP: every fault is the right error, and never a success."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from chat.events import Finished, Usage
from chat.providers.base import Endpoint, Provider
from tests.harness.upstream.process import Upstream as Server
from tests.harness.upstream.script import default_text
from tests.providers.asking import KEY, ask, failing, said
from tests.providers.formats import Wire
from tests.providers.real_shapes.case import COMPLETIONS, MESSAGES


@pytest.mark.parametrize("named", [True, False], ids=["named", "by its status"])
@pytest.mark.parametrize(
    ("status", "kind", "code", "retryable"),
    [
        (400, "invalid_request_error", "api_error", False),
        (401, "authentication_error", "authentication", False),
        (402, "billing_error", "budget", False),
        (403, "permission_error", "authentication", False),
        (404, "not_found_error", "api_error", False),
        (408, "", "timeout", True),
        (413, "request_too_large", "api_error", False),
        (422, "", "api_error", False),
        (429, "rate_limit_error", "rate_limit", True),
        (500, "api_error", "api_error", True),
        (502, "", "api_error", True),
        (503, "", "api_error", True),
        (504, "timeout_error", "timeout", True),
        (529, "overloaded_error", "api_error", True),
    ],
)
async def test_every_status_becomes_its_error_after_one_request(
    status: int, kind: str, code: str, provider: Provider, upstream: Server, model: str, *, retryable: bool, named: bool
) -> None:
    words = f"no luck with {KEY} at http://10.0.0.7/x"
    # The SDKs would obey this header and ask again.
    headers = {"x-should-retry": "true"}
    upstream.script(model, status=status, error_type=kind if named else "", error_message=words, headers=headers)
    found, error = await failing(provider, model)
    assert found == []
    assert (error.code, error.retryable, error.retry_after) == (code, retryable, None)
    assert KEY not in error.message
    assert "10.0.0.7" not in error.message
    assert len(upstream.log(model)) == 1


@pytest.mark.parametrize(
    "knobs", [{"status": 401}, {"then": "error"}, {"body": "no luck with its-own-form.0123456789"}]
)
async def test_a_key_of_any_form_is_not_echoed(knobs: dict[str, Any], wire: Wire, upstream: Server, model: str) -> None:
    key = "its-own-form.0123456789"
    provider = wire.at(upstream, key)
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
        # No clock goes that far.
        ({"Retry-After": "9" * 400}, 365 * 24 * 3600.0),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 365 * 24 * 3600.0),
    ],
)
async def test_retry_after_is_passed_on(
    header: dict[str, str], seconds: float | None, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, status=429, headers=header)
    _, error = await failing(provider, model)
    assert (error.code, error.retry_after) == ("rate_limit", seconds)


@pytest.mark.parametrize("status", [429, 503, 529])
async def test_retry_after_may_be_a_date(status: int, provider: Provider, upstream: Server, model: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    upstream.script(model, status=status, headers={"Retry-After": date})
    _, error = await failing(provider, model)
    assert error.retry_after is not None
    assert 60 < error.retry_after <= 100


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"error_message": "This model's maximum context length is 8192 tokens."}, "context_length"),
        ({"error_type": "exceed_context_size_error"}, "context_length"),
        ({"error_message": "the request exceeds the available context size"}, "context_length"),
        ({"error_message": "prompt is too long: 210000 tokens > 200000 maximum"}, "context_length"),
        ({"error_message": "Your credit balance is too low to access the API."}, "budget"),
        ({"error_message": "temperature: Extra inputs are not permitted"}, "api_error"),
        ({"body": '{"object": "error", "message": "no such sampler"}'}, "api_error"),
        ({"body": "plain words"}, "api_error"),
        ({"body": ""}, "api_error"),
    ],
)
async def test_a_refused_request_says_why(
    knobs: dict[str, Any], code: str, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, **{"status": 400, "error_type": "invalid_request_error"} | knobs)
    _, error = await failing(provider, model)
    assert (error.code, error.retryable) == (code, False)


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"body": '{"error": {"message": "the engine died"}}'}, "api_error"),
        ({"body": '{"error": {"type": "rate_limit_error", "message": "slow down"}}'}, "rate_limit"),
        ({"body": '{"type": "error", "error": {"type": "api_error", "message": "died"}}'}, "api_error"),
        ({"body": '{"object": "list", "data": []}'}, "api_error"),
        ({"body": '{"type": "message", "content": []}'}, "api_error"),
        ({"body": "<!doctype html><title>Welcome</title>" + " " * 100_000}, "api_error"),
        ({"body": ""}, "api_error"),
        ({"raw": []}, "api_error"),
        ({"raw": [b": ping\n\n"] * 3}, "api_error"),
        ({"raw": [b'event: ping\ndata: {"type": "ping"}\n\n'] * 3}, "api_error"),
        ({"headers": {"Content-Encoding": "gzip"}}, "api_error"),
        ({"then": "error"}, "api_error"),
        ({"then": "error", "error_type": "overloaded_error"}, "api_error"),
        ({"then": "error", "error_type": "rate_limit_error"}, "rate_limit"),
        ({"then": "error_event"}, "api_error"),
        ({"then": "end"}, "api_error"),
        ({"text": [], "finish_reason": None}, "api_error"),
        ({"text": [], "finish_reason": None, "done": False}, "api_error"),
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
    assert (said(found), error.code, error.retryable) == ("", code, "body" not in knobs or error.retryable)


async def test_an_overloaded_provider_is_busy_and_worth_a_retry(
    provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, then="error", error_type="overloaded_error")
    _, error = await failing(provider, model)
    assert error.retryable
    assert "busy" in error.message


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
async def test_an_answer_that_breaks_off_keeps_its_words_and_its_counts_and_is_an_error(
    fault: str, code: str, wire: Wire, provider: Provider, upstream: Server, model: str
) -> None:
    # Anthropic counts the output at the end.
    usage = {"openai": "every", "anthropic": "chunk"}[wire.name]
    upstream.script(model, tokens=9, then=fault, after=4, delay=0.01, cached_tokens=2, usage=usage)
    found, error = await failing(provider, model)
    assert said(found) == default_text(4)
    counts = [event for event in found if isinstance(event, Usage)]
    assert counts[-1] == {"openai": Usage(6, 2, 4, 0), "anthropic": Usage(6, 2, None, None, 0)}[wire.name]
    assert (error.code, error.retryable) == (code, True)
    assert not any(isinstance(event, Finished) for event in found)


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_the_words_of_an_error_that_end_with_half_a_character_are_found(
    status: int, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, status=status, body='{"error": {"message": "no room for \\ud83c"}}')
    _, error = await failing(provider, model)
    assert error.message.endswith("It said: no room for \ufffd")


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_a_reason_on_every_piece_does_not_make_a_lost_line_an_end(
    then: str, provider: Provider, wire: Wire, upstream: Server, model: str
) -> None:
    shape = {"openai": COMPLETIONS, "anthropic": MESSAGES}[wire.name]
    upstream.script(model, raw=[shape.said(word, "stop") for word in ("One ", "two ", "three")], then=then, after=3)
    found, error = await failing(provider, model)
    assert (said(found), error.code) == ("One two three", "interrupted")
    # Where only the last piece has one, it is the last.
    upstream.script(model, raw=[shape.said("One "), shape.said("two", "stop")], then=then, after=2)
    events = await ask(provider, model)
    assert (said(events), events[-1]) == ("One two", Finished("stop"))


@pytest.mark.parametrize(
    "failure",
    [
        b'data: {"error": {"message": "died"}}',
        b'event: error\ndata: {"message": "died"}',
        b'event: error\ndata: {"type": "error", "error": {"type": "api_error", "message": "died"}}',
    ],
)
@pytest.mark.parametrize("then", ["hang", "end"])
async def test_words_that_come_in_one_read_with_an_error_are_kept(
    failure: bytes, then: str, wire: Wire, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, raw=[wire.hi + failure + b"\n\n"], then=then, after=1)
    found, error = await failing(provider, model)
    assert (said(found), error.code) == ("Hi", "api_error")
    assert "died" in error.message


async def test_what_comes_after_an_error_is_not_part_of_the_answer(
    wire: Wire, provider: Provider, upstream: Server, model: str
) -> None:
    failure = b'data: {"error": {"message": "died"}}\n\n'
    upstream.script(model, raw=[wire.hi + wire.finish, failure, wire.hi], delay=0.02)
    found, error = await failing(provider, model)
    assert (said(found), error.code) == ("Hi", "api_error")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_with_the_prompt(
    status: int, provider: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, status=status, headers={"Location": f"{upstream.url}/elsewhere/{model}"}, body="")
    _, error = await failing(provider, model)
    assert (error.code, error.retryable) == ("api_error", False)
    assert not [record for record in upstream.log() if record.path == f"/elsewhere/{model}"]


async def test_nobody_at_the_address_is_a_network_error(wire: Wire) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        provider = wire.connect(Endpoint(f"http://127.0.0.1:{reserved.getsockname()[1]}/v1", KEY))
        _, error = await failing(provider, "any")
        await provider.aclose()
    assert (error.code, error.retryable) == ("network_error", True)


@pytest.mark.parametrize(
    "address", ["nonsense", "ftp://example.org", "http://[::", "http://host:port", "http://host:port/v1", ""]
)
async def test_an_address_that_is_none_is_an_error_to_mend(address: str, wire: Wire) -> None:
    provider = wire.connect(Endpoint(address, KEY))
    _, error = await failing(provider, "any")
    await provider.aclose()
    assert (error.code, error.retryable) == ("api_error", False)


@pytest.mark.parametrize("key", ["sk-“quoted”-0123456789", "sk-0123456789\nX-Injected: 1"])
async def test_a_key_that_is_no_header_is_an_error_to_mend(key: str, wire: Wire, upstream: Server, model: str) -> None:
    provider = wire.at(upstream, key)
    _, error = await failing(provider, model)
    await provider.aclose()
    assert (error.code, error.retryable) == ("api_error", False)
    assert "0123456789" not in error.message
    assert upstream.log(model) == []


def test_an_endpoint_does_not_show_its_key() -> None:
    assert KEY not in repr(Endpoint("http://localhost", KEY))
