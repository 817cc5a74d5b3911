"""Stop closes the upstream connection and keeps what was said."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.conf import settings

from tests.harness.site import Site
from tests.harness.stream import events, one, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

MODEL = "gpt-4o"


def ask_and_stop(
    alice: httpx2.Client, prompt: str, *, after_tokens: int = 1, after_text: str = ""
) -> tuple[list[dict[str, Any]], float]:
    """Ask, stop after some tokens or this text, and return all events and the monotonic time of the stop."""
    received: list[dict[str, Any]] = []
    stopped_at = 0.0
    with alice.stream("POST", "/api/chat/stream", json={"message": prompt, "model": MODEL}) as response:
        for _, event in parse(response.iter_lines()):
            received.append(event)
            tokens = sum(event["type"] == "token" for event in received)
            if not stopped_at and tokens >= after_tokens and text_of(received).startswith(after_text):
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
    record = upstream.wait_for(MODEL, lambda r: prompt in str(r.body) and r.ended != "open")
    assert record.ended == "client_closed"
    assert record.ended_at is not None
    # By Stop, and not by the deadline of a silence.
    assert record.ended_at - stopped_at < settings.CHAT_IDLE_TIMEOUT
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


@pytest.fixture(scope="module", params=["openai", "anthropic"])
def either(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, httpx2.Client]]:
    """A format, and alice's client at a site that speaks it to the upstream."""
    if request.param == "openai":
        site: Site = request.getfixturevalue("site")
        with site.client("alice") as client:
            yield request.param, client
        return
    environment = {
        "ANTHROPIC_BASE_URL": upstream.anthropic_url,
        "CHAT_MAX_RETRIES": "0",
        "CHAT_MAX_CONTINUATIONS": "0",
    }
    path: Path = tmp_path_factory.mktemp("anthropic") / "data"
    with Site(path, environment) as site, site.client("alice") as client:
        site.until_listed("gpt-4o")
        yield request.param, client


@pytest.mark.parametrize("end", ["stopped", "cut"])
def test_what_the_provider_counted_before_the_end_is_kept(
    either: tuple[str, httpx2.Client], upstream: Upstream, end: str
) -> None:
    wire, client = either
    prompt = f"counted until {end} by {wire}:"
    # Anthropic counts the input at the start and the output at the end, others everything with every chunk.
    usage = "every" if wire == "openai" else "chunk"
    fault = {"stopped": "hang", "cut": "close"}[end]
    upstream.script_prompt(prompt, tokens=500, then=fault, after=4, usage=usage, cached_tokens=2, delay=0.01)
    if end == "stopped":
        received, _ = ask_and_stop(client, prompt, after_text=default_text(4))
    else:
        received = events(client, message=prompt, model=MODEL)
        assert one(received, "error")["error_type"] == "interrupted"
    charge = one(received, "usage")
    assert (charge["prompt_tokens"], charge["cached_tokens"]) == (5, 2)
    if wire == "openai":
        assert (charge["completion_tokens"], charge["source"]) == (4, "provider")
    else:
        # How near an estimate comes has tests of its own.
        assert charge["source"] == "estimated"
        assert 2 <= charge["completion_tokens"] <= 8
