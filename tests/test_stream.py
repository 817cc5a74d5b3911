"""The path of one message: asked over HTTP, streamed, stored, and the same wherever it is looked up."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import events, one, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

MODEL = "gpt-4o-mini"
# USD per million tokens, from OpenAI's price list.
INPUT_PRICE, OUTPUT_PRICE = Decimal("0.15"), Decimal("0.60")


def stored(client: httpx2.Client, start: dict[str, Any]) -> dict[str, Any]:
    """Return the answer as the history has it."""
    conversation = client.get(f"/api/conversations/{start['conversation_id']}")
    assert conversation.status_code == 200
    found: dict[str, Any] = next(
        message for message in conversation.json()["messages"] if message["id"] == start["message_id"]
    )
    return found


def test_an_answer_streams_from_start_to_done(alice: httpx2.Client) -> None:
    received = events(alice, message="Tell me about the river.", model=MODEL)
    kinds = [event["type"] for event in received]
    assert kinds[0] == "start"
    assert kinds[-3:] == ["usage", "title", "done"]
    assert set(kinds[1:-3]) == {"token"}
    assert text_of(received) == default_text()
    done = one(received, "done")
    assert done["finish_reason"] == "stop"
    assert done["token_count"] == 20
    assert done["elapsed_seconds"] >= done["ttft_seconds"] > 0
    assert one(received, "title")["title"] == "Tell me about the river."


def test_the_headers_keep_every_proxy_from_buffering(alice: httpx2.Client) -> None:
    with alice.stream("POST", "/api/chat/stream", json={"message": "Hello", "model": MODEL}) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-cache, private, no-store"
        assert response.headers["X-Accel-Buffering"] == "no"
        assert response.headers["Content-Encoding"] == "identity"
        response.read()


def test_words_arrive_while_the_model_still_speaks(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("slow and steady", text=["one ", "two ", "three"], delay=0.4)
    body = {"message": "slow and steady", "model": MODEL}
    with alice.stream("POST", "/api/chat/stream", json=body) as response:
        for _, event in parse(response.iter_lines()):
            if event["type"] == "token":
                (record,) = [r for r in upstream.log(MODEL) if "slow and steady" in str(r.body)]
                assert record.ended == "open"
                break


def test_usage_and_cost_are_what_the_provider_reported_times_the_price(alice: httpx2.Client) -> None:
    received = events(alice, message="one two three four five", model=MODEL)
    usage = one(received, "usage")
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (5, 20, 25)
    assert usage["source"] == "provider"
    assert usage["currency"] == "USD"
    assert usage["cost"] == (5 * INPUT_PRICE + 20 * OUTPUT_PRICE) / 1_000_000


def test_what_was_streamed_is_what_is_stored(alice: httpx2.Client) -> None:
    received = events(alice, message="Remember this.", model=MODEL)
    message = stored(alice, one(received, "start"))
    assert message["content"] == text_of(received)
    assert message["status"] == "complete"
    assert message["finish_reason"] == "stop"
    assert message["model"] == MODEL
    usage = one(received, "usage")
    assert Decimal(str(message["cost"])) == usage["cost"]
    assert message["usage"]["total_tokens"] == usage["total_tokens"]


def test_the_json_answer_equals_the_streamed_one(alice: httpx2.Client) -> None:
    prompt = {"message": "The same question twice", "model": MODEL}
    received = events(alice, **prompt)
    answer = alice.post("/api/chat", json=prompt)
    assert answer.status_code == 200
    body = answer.json()
    message = stored(alice, one(received, "start"))
    assert body["content"] == message["content"]
    assert body["usage"] == {name: message["usage"][name] for name in body["usage"]}
    assert set(body["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}
    assert body["cost"] == message["cost"]
    assert body["model"] == message["model"]
    assert body["finish_reason"] == message["finish_reason"]
    assert stored(alice, body)["content"] == body["content"]


def test_the_whole_history_goes_to_the_model_in_order(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("history question 1", text=["history ", "answer 1"])
    first = one(
        events(alice, message="history question 1", model=MODEL, system_prompt="Be brief.", temperature=0.5), "start"
    )
    events(alice, message="history question 2", conversation_id=first["conversation_id"], max_tokens=7)
    record = next(r for r in upstream.log(MODEL) if "history question 2" in str(r.body))
    assert record.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "history question 1"},
        {"role": "assistant", "content": "history answer 1"},
        {"role": "user", "content": "history question 2"},
    ]
    assert record.body["stream"] is True
    assert record.body["stream_options"] == {"include_usage": True}
    assert record.body["max_tokens"] == 7
    assert "temperature" not in record.body


def test_a_question_beside_another_leaves_that_one_out(alice: httpx2.Client, upstream: Upstream) -> None:
    first = one(events(alice, message="branch: the first way", model=MODEL), "start")
    conversation = first["conversation_id"]
    events(alice, message="branch: the other way", conversation_id=conversation, parent_id=None)
    record = next(r for r in upstream.log(MODEL) if "branch: the other way" in str(r.body))
    assert [turn["content"] for turn in record.body["messages"]] == ["branch: the other way"]
    events(alice, message="branch: on the first", conversation_id=conversation, parent_id=first["message_id"])
    record = next(r for r in upstream.log(MODEL) if "branch: on the first" in str(r.body))
    assert [turn["content"] for turn in record.body["messages"]] == [
        "branch: the first way",
        default_text(),
        "branch: on the first",
    ]


def test_reasoning_and_tool_calls_are_kept_apart_and_never_sent_back(alice: httpx2.Client, upstream: Upstream) -> None:
    call = [
        {"index": 0, "id": "call_1", "name": "weather"},
        {"index": 0, "arguments": '{"city":'},
        {"index": 0, "arguments": ' "Oslo"}'},
    ]
    upstream.script_prompt("think and call", reasoning=["Let me ", "think."], tool_calls=call, text=["Asking."])
    received = events(alice, message="think and call", model=MODEL)
    start = one(received, "start")
    message = stored(alice, start)
    assert message["reasoning"] == "Let me think."
    assert message["content"] == "Asking."
    assert message["tool_calls"] == [{"index": 0, "id": "call_1", "name": "weather", "arguments": '{"city": "Oslo"}'}]
    events(alice, message="and then?", conversation_id=start["conversation_id"])
    record = next(r for r in upstream.log(MODEL) if "and then?" in str(r.body))
    assert "Let me think." not in str(record.body)


@pytest.mark.parametrize(
    ("knobs", "error_type", "status"),
    [
        ({"status": 401}, "authentication", "failed"),
        ({"status": 429}, "rate_limit", "failed"),
        ({"status": 500}, "api_error", "failed"),
        ({"then": "end", "after": 3}, "interrupted", "interrupted"),
        ({"then": "error", "after": 3}, "interrupted", "interrupted"),
    ],
    ids=["key", "rate", "server", "cut", "error event"],
)
def test_what_goes_wrong_upstream_is_said_and_the_partial_kept(
    alice: httpx2.Client, upstream: Upstream, knobs: dict[str, Any], error_type: str, status: str
) -> None:
    prompt = f"please fail with {error_type} {status}"
    upstream.script_prompt(prompt, **knobs)
    received = events(alice, message=prompt, model=MODEL)
    failed = received[-1]
    assert failed["type"] == "error"
    assert failed["error_type"] == error_type
    assert upstream.url not in failed["message"]
    message = stored(alice, one(received, "start"))
    assert message["status"] == status
    assert message["content"] == text_of(received) == ("The river keeps" if status == "interrupted" else "")
    assert message["error"]["message"] == failed["message"]


def test_a_failed_json_request_has_the_error_and_its_status(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("json failure", status=401)
    answer = alice.post("/api/chat", json={"message": "json failure", "model": MODEL})
    assert answer.status_code == 502
    assert answer.json()["error"]["type"] == "authentication"


def test_an_answer_cut_by_its_limit_says_so(alice: httpx2.Client) -> None:
    received = events(alice, message="a short one", model=MODEL, max_tokens=3)
    assert one(received, "done")["finish_reason"] == "length"
    assert stored(alice, one(received, "start"))["finish_reason"] == "length"


def test_missing_usage_is_estimated_and_says_so(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("no usage please", usage="off")
    usage = one(events(alice, message="no usage please", model=MODEL), "usage")
    assert usage["source"] == "estimated"
    assert usage["completion_tokens"] > 10
    assert usage["prompt_tokens"] > 2
    assert usage["cost"] > 0


def test_a_model_without_a_price_has_no_cost_instead_of_zero(alice: httpx2.Client) -> None:
    received = events(alice, message="what do you cost?", model="tiny-local")
    assert one(received, "usage")["cost"] is None
    assert stored(alice, one(received, "start"))["cost"] is None


def test_a_repeated_request_gets_the_first_ones_answer(alice: httpx2.Client, upstream: Upstream) -> None:
    body = {"message": "only once please", "model": MODEL, "request_id": "once-1"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: events(alice, **body), range(8)))
    assert len({one(answer, "start")["generation_id"] for answer in answers}) == 1
    assert {text_of(answer) for answer in answers} == {default_text()}
    assert len([r for r in upstream.log(MODEL) if "only once please" in str(r.body)]) == 1


def test_following_again_from_any_place_gives_the_rest(alice: httpx2.Client) -> None:
    body = {"message": "Where was I?", "model": MODEL}
    with alice.stream("POST", "/api/chat/stream", json=body) as response:
        placed = list(parse(response.iter_lines()))
    generation = placed[0][1]["generation_id"]
    for position in {position for position, _ in placed} | {0, 1, 7}:
        again = alice.get(f"/api/generations/{generation}/stream", headers={"Last-Event-ID": str(position)})
        rest = list(parse(iter(again.text.splitlines())))
        assert text_of([event for _, event in rest]) == default_text()[position:]
        assert rest[0][1]["type"] == "start"
        assert rest[-1][1] == placed[-1][1]
        assert rest[-1][0] == placed[-1][0]


def test_a_reader_who_leaves_and_follows_again_misses_nothing(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("leave and return", tokens=12, delay=0.1)
    with alice.stream("POST", "/api/chat/stream", json={"message": "leave and return", "model": MODEL}) as response:
        seen: list[tuple[int, dict[str, Any]]] = []
        for placed in parse(response.iter_lines()):
            seen.append(placed)
            if placed[1]["type"] == "token":
                break
    generation = seen[0][1]["generation_id"]
    again = alice.get(f"/api/generations/{generation}/stream?after={seen[-1][0]}")
    rest = [event for _, event in parse(iter(again.text.splitlines()))]
    assert text_of([event for _, event in seen]) + text_of(rest) == default_text(12)
    assert one(rest, "done")["finish_reason"] == "stop"


def test_a_json_caller_who_leaves_ends_the_answer(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("json caller leaves", then="hang", after=2)
    body = json.dumps({"message": "json caller leaves", "model": MODEL}).encode()
    with socket.create_connection((alice.base_url.host, alice.base_url.port or 0)) as line:
        head = f"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nAuthorization: {alice.headers['Authorization']}\r\n"
        line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        upstream.wait_for(MODEL, lambda r: "json caller leaves" in str(r.body) and r.pieces == 2)
    record = upstream.wait_for(MODEL, lambda r: "json caller leaves" in str(r.body) and r.ended != "open")
    assert record.ended == "client_closed"


def test_only_so_many_answers_are_written_for_one_person_at_once(
    alice: httpx2.Client, bob: httpx2.Client, site: Site, upstream: Upstream
) -> None:
    upstream.script_prompt("crowd", then="hang", after=1)
    with ThreadPoolExecutor(11) as pool:
        replies = list(pool.map(lambda n: _open(site, f"crowd {n}"), range(11)))
    try:
        assert sorted(reply.status_code for reply in replies) == [200] * 10 + [429]
        assert events(bob, message="room for Bob?", model=MODEL)[-1]["type"] == "done"
    finally:
        for reply in replies:
            if reply.status_code == 200:
                start = next(parse(reply.iter_lines()))[1]
                alice.post(f"/api/generations/{start['generation_id']}/stop")
            reply.close()


def _open(site: Site, message: str) -> httpx2.Response:
    client = site.client("alice")
    request = client.build_request("POST", "/api/chat/stream", json={"message": message, "model": MODEL})
    return client.send(request, stream=True)


def test_a_second_question_waits_for_the_answer_to_the_first(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("still writing", then="hang", after=1)
    with alice.stream("POST", "/api/chat/stream", json={"message": "still writing", "model": MODEL}) as response:
        start = next(parse(response.iter_lines()))[1]
        second = alice.post("/api/chat", json={"message": "impatient", "conversation_id": start["conversation_id"]})
        assert second.status_code == 409
        alice.post(f"/api/generations/{start['generation_id']}/stop")


def test_the_pace_that_was_streamed_is_the_pace_that_is_stored(alice: httpx2.Client) -> None:
    received = events(alice, message="How fast were you?", model=MODEL)
    done, message = one(received, "done"), stored(alice, one(received, "start"))
    for name in ("elapsed_seconds", "ttft_seconds", "tokens_per_second"):
        assert float(done[name]) == message[name]
