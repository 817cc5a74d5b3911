"""The path of one message through the site with a model of Anthropic's: said, stored, counted and paid for."""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import httpx2
import pytest
from django.conf import settings

from tests.harness.site import Site
from tests.harness.stream import events, one, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

MODEL: Final = "claude-sonnet-4-20250514"
# USD per million tokens, from Anthropic's price list.
INPUT_PRICE, CACHED_PRICE, OUTPUT_PRICE = Decimal(3), Decimal("0.30"), Decimal(15)
CALL: Final = [
    {"index": 0, "id": "toolu_1", "name": "weather"},
    {"index": 0, "arguments": '{"city":'},
    {"index": 0, "arguments": ' "Oslo"}'},
]


@pytest.fixture(scope="module")
def claude(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Alice's client of a site that knows no other provider."""
    upstream.script(MODEL)
    environment = {"ANTHROPIC_BASE_URL": upstream.anthropic_url, "ANTHROPIC_API_KEY": "sk-ant-0123456789"}
    with Site(tmp_path_factory.mktemp("anthropic"), environment) as site, site.client() as client:
        site.until_listed(MODEL)
        yield client
    assert "Traceback" not in "".join(site.output)


def stored(client: httpx2.Client, start: dict[str, Any]) -> dict[str, Any]:
    """Return the answer as the history has it."""
    messages = client.get(f"/api/conversations/{start['conversation_id']}").json()["messages"]
    found: dict[str, Any] = next(message for message in messages if message["id"] == start["message_id"])
    return found


def test_an_answer_streams_from_start_to_done_and_is_stored(claude: httpx2.Client, upstream: Upstream) -> None:
    received = events(claude, message="Claude, the river?", model=MODEL, system_prompt="Be brief.")
    kinds = [event["type"] for event in received]
    assert (kinds[0], kinds[-3:]) == ("start", ["usage", "title", "done"])
    assert set(kinds[1:-3]) == {"token"}
    assert text_of(received) == default_text()
    assert one(received, "done")["finish_reason"] == "stop"
    message = stored(claude, received[0])
    assert (message["content"], message["status"], message["finish_reason"]) == (default_text(), "complete", "stop")
    (record,) = [record for record in upstream.log(MODEL) if "Claude, the river?" in str(record.body)]
    assert record.path == "/v1/messages"
    assert record.headers["x-api-key"] == "sk-ant-0123456789"
    assert record.body["system"] == "Be brief."
    assert record.body["messages"] == [{"role": "user", "content": "Claude, the river?"}]


def test_usage_comes_from_both_ends_and_costs_what_the_price_list_says(
    claude: httpx2.Client, upstream: Upstream
) -> None:
    upstream.script_prompt("one two three four five claude", cached_tokens=2)
    received = events(claude, message="one two three four five claude", model=MODEL)
    usage = one(received, "usage")
    counts = ("prompt_tokens", "cached_tokens", "completion_tokens", "total_tokens", "source", "currency")
    assert [usage[name] for name in counts] == [6, 2, 20, 26, "provider", "USD"]
    cost = (4 * INPUT_PRICE + 2 * CACHED_PRICE + 20 * OUTPUT_PRICE) / 1_000_000
    assert usage["cost"] == cost
    message = stored(claude, received[0])
    assert Decimal(str(message["cost"])) == cost
    assert message["usage"]["cached_tokens"] == 2


def test_thoughts_are_reasoning_and_are_kept_apart(claude: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("claude thinks", reasoning=["Let me ", "think."], text=["Forty", "-two."])
    received = events(claude, message="claude thinks", model=MODEL)
    kinds = [event["type"] for event in received]
    assert kinds.index("reasoning") < kinds.index("token")
    thought = "".join(event["content"] for event in received if event["type"] == "reasoning")
    assert (thought, text_of(received)) == ("Let me think.", "Forty-two.")
    usage = one(received, "usage")
    assert (usage["reasoning_tokens"], usage["completion_tokens"]) == (2, 4)
    message = stored(claude, received[0])
    assert (message["reasoning"], message["content"]) == ("Let me think.", "Forty-two.")


def test_a_tool_use_is_a_tool_call(claude: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("claude calls", text=[], tool_calls=CALL, finish_reason="tool_calls")
    received = events(claude, message="claude calls", model=MODEL)
    calls = [event for event in received if event["type"] == "tool_call"]
    assert (calls[0]["id"], calls[0]["name"]) == ("toolu_1", "weather")
    assert "".join(call["arguments"] for call in calls) == '{"city": "Oslo"}'
    assert one(received, "done")["finish_reason"] == "tool_calls"
    message = stored(claude, received[0])
    assert message["tool_calls"] == [{"index": 0, "id": "toolu_1", "name": "weather", "arguments": '{"city": "Oslo"}'}]
    assert (message["status"], message["finish_reason"]) == ("complete", "tool_calls")


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_an_end_that_is_no_plain_success_says_so(claude: httpx2.Client, upstream: Upstream, reason: str) -> None:
    # The upstream says max_tokens and refusal.
    upstream.script_prompt(f"claude ends by {reason}", tokens=3, finish_reason=reason)
    received = events(claude, message=f"claude ends by {reason}", model=MODEL)
    assert one(received, "done")["finish_reason"] == reason
    message = stored(claude, received[0])
    assert (message["finish_reason"], message["content"]) == (reason, default_text(3))


def test_max_tokens_is_the_callers(claude: httpx2.Client, upstream: Upstream) -> None:
    received = events(claude, message="claude, three words", model=MODEL, max_tokens=3)
    assert one(received, "done")["finish_reason"] == "length"
    (record,) = [record for record in upstream.log(MODEL) if "claude, three words" in str(record.body)]
    assert record.body["max_tokens"] == 3


def test_stop_closes_the_upstream_and_keeps_the_partial_and_the_count_of_the_prompt(
    claude: httpx2.Client, upstream: Upstream
) -> None:
    upstream.script_prompt("claude stops", then="hang", after=4)
    received: list[dict[str, Any]] = []
    stopped_at = 0.0
    with claude.stream("POST", "/api/chat/stream", json={"message": "claude stops", "model": MODEL}) as response:
        for _, event in parse(response.iter_lines()):
            received.append(event)
            if event["type"] == "token" and not stopped_at:
                stopped_at = time.monotonic()
                claude.post(f"/api/generations/{received[0]['generation_id']}/stop")
    record = upstream.wait_for(MODEL, lambda r: "claude stops" in str(r.body) and r.ended != "open")
    assert record.ended == "client_closed"
    assert record.ended_at is not None
    # By Stop, and not by the deadline of a silence.
    assert record.ended_at - stopped_at < settings.CHAT_IDLE_TIMEOUT
    assert one(received, "done")["finish_reason"] == "stopped"
    usage = one(received, "usage")
    assert (usage["prompt_tokens"], usage["source"]) == (2, "estimated")
    message = stored(claude, received[0])
    assert (message["status"], message["content"]) == ("stopped", text_of(received))
    assert default_text(4).startswith(message["content"])
    assert message["content"]


def test_the_json_answer_equals_the_streamed_one(claude: httpx2.Client) -> None:
    asked = {"message": "Claude, the same question twice", "model": MODEL}
    received = events(claude, **asked)
    answer = claude.post("/api/chat", json=asked).json()
    assert answer["content"] == text_of(received)
    assert answer["finish_reason"] == "stop"
    usage = one(received, "usage")
    assert answer["usage"] == {name: usage[name] for name in answer["usage"]}
    assert Decimal(str(answer["cost"])) == usage["cost"]


def test_a_question_asked_anew_is_a_branch_of_its_own(claude: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("claude, again", {"text": ["one way"]}, {"text": ["another way"]})
    first = events(claude, message="claude, again", model=MODEL)
    conversation = first[0]["conversation_id"]
    second = events(claude, message="claude, again", conversation_id=conversation, parent_id=None)
    assert (text_of(first), text_of(second)) == ("one way", "another way")
    assert second[0]["model"] == MODEL
    *_, record = [record for record in upstream.log(MODEL) if "claude, again" in str(record.body)]
    assert record.body["messages"] == [{"role": "user", "content": "claude, again"}]
    messages = claude.get(f"/api/conversations/{conversation}").json()["messages"]
    said = [message["content"] for message in messages]
    assert said == ["claude, again", "one way", "claude, again", "another way"]


def test_the_history_goes_along_and_the_thoughts_do_not(claude: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("claude remembers", reasoning=["Hidden."], text=["Said."])
    start = events(claude, message="claude remembers", model=MODEL)[0]
    events(claude, message="and now, claude?", conversation_id=start["conversation_id"])
    (record,) = [record for record in upstream.log(MODEL) if "and now, claude?" in str(record.body)]
    assert record.body["messages"] == [
        {"role": "user", "content": "claude remembers"},
        {"role": "assistant", "content": "Said."},
        {"role": "user", "content": "and now, claude?"},
    ]
