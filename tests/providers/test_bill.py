"""The providers' own accounts are read page by page, to the last digit, or not at all."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

import pytest

from chat.errors import ChatError
from chat.providers.bill import UNDIVIDED, Item, bill
from tests.harness.upstream.bill import cost, costs
from tests.harness.upstream.process import Upstream

FIRST: Final = date(2026, 11, 1)
SECOND: Final = date(2026, 11, 2)


@pytest.fixture
def key() -> str:
    """A key that no other test's bill is told with."""
    return f"sk-admin-{uuid4().hex}"


async def openai(upstream: Upstream, key: str, last: date = SECOND) -> list[Item]:
    return await bill("openai", upstream.base_url, key, FIRST, last)


async def anthropic(upstream: Upstream, key: str, last: date = SECOND) -> list[Item]:
    return await bill("anthropic", upstream.anthropic_url, key, FIRST, last)


async def test_openais_costs_are_dollars_as_numbers_or_as_text(upstream: Upstream, key: str) -> None:
    lines = [
        costs("gpt-4o-2024-08-06, input", "0.1"),
        costs("gpt-4o-2024-08-06, output", '"0.000004500000000000000000000000000000001"'),
        costs("gpt-4o-2024-08-06, cached input", '"0E-6176"'),
    ]
    upstream.bill(key, {"2026-11-01": lines, "2026-11-02": [costs("web search tool calls", "3")]})
    model = "gpt-4o-2024-08-06"
    assert await openai(upstream, key) == [
        Item(FIRST, f"{model}, input", model, Decimal("0.1"), "USD"),
        Item(FIRST, f"{model}, output", model, Decimal("0.000004500000000000000000000000000000001"), "USD"),
        Item(FIRST, f"{model}, cached input", model, Decimal(0), "USD"),
        Item(SECOND, "web search tool calls", "", Decimal(3), "USD"),
    ]


@pytest.mark.parametrize(
    ("line", "model"),
    [
        ("gpt-6-astra, input_tokens", "gpt-6-astra"),
        ("priority | gpt-5.6-sol, output, long context", "gpt-5.6-sol"),
        ("gpt-audio-mini-2025-12-15 audio, input", "gpt-audio-mini-2025-12-15"),
        ("ft-gpt-4o-2024-08-06, output", "ft-gpt-4o-2024-08-06"),
        # What others use the account for is no answer of ours.
        ("evals | gpt-4o-mini-2024-07-18, input", ""),
        ("assistants api | file search", ""),
        ("web search tool calls", ""),
        (None, ""),
    ],
)
async def test_a_line_of_openais_names_its_model(upstream: Upstream, key: str, line: str | None, model: str) -> None:
    upstream.bill(key, {"2026-11-01": [costs(line, "1")]})
    (item,) = await openai(upstream, key)
    assert (item.label, item.model) == (line or UNDIVIDED, model)


async def test_anthropics_costs_are_cents_as_text(upstream: Upstream, key: str) -> None:
    claude = "claude-sonnet-4-20250514"
    upstream.bill(
        key,
        {
            "2026-11-01": [
                cost(claude, "123.4500000000000001", "Claude Sonnet 4 Usage - Input Tokens"),
                cost(None, "10", "Web Search Usage", cost_type="web_search"),
                cost(None, "7", cost_type="code_execution"),
            ]
        },
    )
    assert await anthropic(upstream, key) == [
        Item(FIRST, "Claude Sonnet 4 Usage - Input Tokens", claude, Decimal("1.234500000000000001"), "USD"),
        Item(FIRST, "Web Search Usage", "", Decimal("0.1"), "USD"),
        Item(FIRST, "code_execution", "", Decimal("0.07"), "USD"),
    ]


@pytest.mark.parametrize("ask", [openai, anthropic])
async def test_every_page_is_read_once_and_every_day(upstream: Upstream, key: str, ask: Any) -> None:
    line = costs("gpt-4o, input", "1") if ask is openai else cost("claude", "100")
    days = [FIRST + timedelta(days=number) for number in range(366)]
    outside = {str(day): [line] for day in (FIRST - timedelta(days=1), days[-1] + timedelta(days=1))}
    upstream.bill(key, {str(day): [line] for day in days} | outside)
    found = await ask(upstream, key, days[-1])
    assert [item.day for item in found] == days
    assert sum(item.amount for item in found) == 366
    upstream.bill(key, {str(day): [line] for day in days[:5]}, most=2)
    assert [item.day for item in await ask(upstream, key, days[6])] == days[:5]


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[]",
        "{}",
        '{"data": null}',
        '{"data": [null]}',
        '{"data": [{"start_time": 1793491200}]}',
        '{"data": [{"start_time": "x", "starting_at": "x", "results": []}]}',
        '{"data": [{"start_time": -1, "starting_at": "0001-01-01T00:00:00+14:00", "results": []}]}',
        '{"data": [], "has_more": true}',
        '{"data": [], "has_more": true, "next_page": "same"}',
        *(
            f'{{"data": [{{"start_time": 1793491200, "starting_at": "2026-11-01T00:00:00Z", "results": [{result}]}}]}}'
            for result in (
                "null",
                "{}",
                '{"amount": null, "currency": "USD"}',
                '{"amount": {"value": null, "currency": "usd"}}',
                '{"amount": {"value": "much", "currency": "usd"}}',
                '{"amount": {"value": true, "currency": "usd"}}',
                '{"amount": {"value": NaN, "currency": "usd"}}',
                '{"amount": {"value": "Infinity", "currency": "usd"}}',
                '{"amount": {"value": 1e999999, "currency": "usd"}}',
                '{"amount": {"value": 1, "currency": null}}',
                '{"amount": "1.5", "currency": ""}',
                '{"amount": "1e99", "currency": "USD"}',
                '{"amount": "1e9999999", "currency": "USD"}',
                '{"amount": {"value": "1e9999999", "currency": "usd"}}',
                '{"amount": {"value": 1e99999999999999999999, "currency": "usd"}}',
            )
        ),
    ],
)
@pytest.mark.parametrize("ask", [openai, anthropic])
async def test_an_account_that_cannot_be_read_whole_is_not_read_in_part(
    upstream: Upstream, key: str, ask: Any, body: str
) -> None:
    upstream.bill(key, {}, body=body)
    with pytest.raises(ChatError, match="could not be read"):
        await ask(upstream, key)


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ({"status": 401}, "authentication", "did not accept the admin key"),
        ({"status": 403}, "authentication", "may not read costs"),
        ({"status": 404}, "api_error", "no costs at this address"),
        ({"status": 429}, "rate_limit", "Try again in a minute"),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example.org/"}}, "api_error", "redirects"),
        ({"status": 500}, "api_error", "HTTP 500"),
        ({"status": 400, "body": '{"error": {"message": "No such group."}}'}, "api_error", "It said: No such group."),
    ],
)
@pytest.mark.parametrize("ask", [openai, anthropic])
async def test_what_fails_is_told_in_a_sentence(
    upstream: Upstream, key: str, ask: Any, answer: dict[str, Any], code: str, words: str
) -> None:
    upstream.bill(key, {}, **answer)
    with pytest.raises(ChatError, match=words) as caught:
        await ask(upstream, key)
    assert caught.value.code == code


@pytest.mark.parametrize("ask", [openai, anthropic])
async def test_no_key_is_ever_repeated(upstream: Upstream, ask: Any) -> None:
    key = f"peculiar {uuid4().hex}"
    upstream.bill(key, {}, status=400, body=json.dumps({"error": {"message": f"What is {key}?"}}))
    with pytest.raises(ChatError) as caught:
        await ask(upstream, key)
    assert "What is [key]?" in str(caught.value)


@pytest.mark.parametrize("key", ["sk-proj-0123456789", "sk-ant-api03-0123456789", "sk-svcacct-0123456789", ""])
@pytest.mark.parametrize("ask", [openai, anthropic])
async def test_a_key_that_opens_no_account_is_not_sent(upstream: Upstream, ask: Any, key: str) -> None:
    before = len(upstream.log())
    with pytest.raises(ChatError, match="admin key"):
        await ask(upstream, key)
    assert len(upstream.log()) == before


async def test_an_unknown_key_and_a_server_that_is_not_there_are_told_apart(upstream: Upstream, key: str) -> None:
    with pytest.raises(ChatError, match="did not accept"):
        await openai(upstream, key)
    with pytest.raises(ChatError, match="cannot be reached"):
        await bill("openai", "http://127.0.0.1:9/v1", key, FIRST, SECOND)
    with pytest.raises(ChatError, match="not well-formed"):
        await bill("openai", upstream.base_url, "schlüssel", FIRST, SECOND)


async def test_pages_without_end_are_given_up(upstream: Upstream, key: str) -> None:
    upstream.bill(key, {}, endless=True)
    with pytest.raises(ChatError, match="could not be read"):
        await openai(upstream, key)
