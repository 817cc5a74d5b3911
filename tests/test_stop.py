"""Stop closes the upstream connection and keeps what was said."""

import time
from typing import Any

import httpx2
import pytest

from tests.stream import one, parse, text_of
from tests.upstream.process import Upstream
from tests.upstream.script import default_text

MODEL = "gpt-4o"


def ask_and_stop(alice: httpx2.Client, prompt: str, *, after_tokens: int = 1) -> tuple[list[dict[str, Any]], float]:
    """Ask, stop after some tokens, and return all events and the monotonic time of the stop."""
    received: list[dict[str, Any]] = []
    stopped_at = 0.0
    with alice.stream("POST", "/api/chat/stream", json={"message": prompt, "model": MODEL}) as response:
        for _, event in parse(response.iter_lines()):
            received.append(event)
            if sum(event["type"] == "token" for event in received) == after_tokens:
                after_tokens = -1
                stopped_at = time.monotonic()
                answer = alice.post(f"/api/generations/{received[0]['generation_id']}/stop")
                assert answer.status_code == 202
    return received, stopped_at


@pytest.mark.parametrize("run", range(20))
def test_stop_closes_the_upstream_and_keeps_the_partial(alice: httpx2.Client, upstream: Upstream, run: int) -> None:
    prompt = f"stop run {run}:"
    # Half of them are stopped while words flow, half while the model says nothing.
    if run % 2:
        upstream.script_prompt(prompt, tokens=500, delay=0.02)
    else:
        upstream.script_prompt(prompt, tokens=500, then="hang", after=4)
    received, stopped_at = ask_and_stop(alice, prompt, after_tokens=1 + run % 3 if run % 2 else 1)
    assert one(received, "done")["finish_reason"] == "stopped"
    assert one(received, "usage")["source"] == "estimated"
    record = upstream.wait_for(MODEL, lambda r: prompt in str(r.body) and r.ended != "open", seconds=1)
    assert record.ended == "client_closed"
    assert record.ended_at is not None
    assert record.ended_at - stopped_at < 1
    start = received[0]
    conversation = alice.get(f"/api/conversations/{start['conversation_id']}").json()
    answer = conversation["messages"][-1]
    assert answer["status"] == "stopped"
    assert answer["finish_reason"] == "stopped"
    assert answer["content"] == text_of(received)
    assert answer["content"]
    assert default_text(500).startswith(answer["content"])


def test_stop_before_the_first_word_is_a_stop_too(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("stop at once", then="hang", after=0)
    body = {"message": "stop at once", "model": MODEL}
    with alice.stream("POST", "/api/chat/stream", json=body) as response:
        placed = parse(response.iter_lines())
        start = next(placed)[1]
        alice.post(f"/api/generations/{start['generation_id']}/stop")
        rest = [event for _, event in placed]
    assert one(rest, "done")["finish_reason"] == "stopped"
    assert one(rest, "done")["ttft_seconds"] is None


def test_stopping_what_has_ended_changes_nothing(alice: httpx2.Client) -> None:
    answer = alice.post("/api/chat", json={"message": "Done already?", "model": MODEL}).json()
    conversation = alice.get(f"/api/conversations/{answer['conversation_id']}").json()
    generation = conversation["messages"][-1]["generation_id"]
    assert alice.post(f"/api/generations/{generation}/stop").status_code == 202
    assert alice.get(f"/api/conversations/{answer['conversation_id']}").json() == conversation


def test_deleting_a_conversation_stops_what_is_written_in_it(alice: httpx2.Client, upstream: Upstream) -> None:
    upstream.script_prompt("delete me meanwhile", then="hang", after=2)
    body = {"message": "delete me meanwhile", "model": MODEL}
    with alice.stream("POST", "/api/chat/stream", json=body) as response:
        placed = parse(response.iter_lines())
        start = next(placed)[1]
        assert alice.delete(f"/api/conversations/{start['conversation_id']}").status_code == 204
        rest = [event for _, event in placed]
    assert rest[-1]["type"] == "done"
    assert one(rest, "usage")["prompt_tokens"] > 0
    record = upstream.wait_for(MODEL, lambda r: "delete me meanwhile" in str(r.body) and r.ended != "open")
    assert record.ended == "client_closed"
