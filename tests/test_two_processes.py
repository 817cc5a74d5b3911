"""Two processes on one PostgreSQL and one Redis: either can follow and stop what the other writes, and buries it."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.harness import patience
from tests.harness.site import Site
from tests.harness.stream import one, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

MODEL = "gpt-4o-mini"


@pytest.fixture(scope="module")
def pair(
    upstream: Upstream, postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Site]]:
    """Two sites that share everything but their process."""
    environment = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "OPENAI_BASE_URL": upstream.base_url,
        "SECRET_KEY": "only-for-this-test-" + "x" * 40,
    }
    with Site(tmp_path_factory.mktemp("first"), environment) as first:
        first.until_listed(MODEL)
        second = Site(tmp_path_factory.mktemp("second"), environment, people=False)
        second.keys = first.keys
        with second:
            yield first, second
        assert not [line for line in first.output + second.output if "Traceback" in line]


def ask(client: httpx2.Client, message: str) -> tuple[str, str]:
    """Ask, wait for the first words, leave. Returns the generation's and the conversation's id."""
    with client.stream("POST", "/api/chat/stream", json={"message": message, "model": MODEL}) as response:
        placed = parse(response.iter_lines())
        start = next(placed)[1]
        assert next(placed)[1]["type"] == "token"
    return start["generation_id"], start["conversation_id"]


@pytest.mark.parametrize("after", [0, 1, 17, 40])
def test_the_other_process_follows_without_a_gap(pair: tuple[Site, Site], upstream: Upstream, after: int) -> None:
    prompt = f"follow elsewhere from {after}"
    upstream.script_prompt(prompt, tokens=30, delay=0.05)
    with pair[0].client() as here, pair[1].client() as there:
        generation, _ = ask(here, prompt)
        with there.stream("GET", f"/api/generations/{generation}/stream?after={after}") as response:
            placed = list(parse(response.iter_lines()))
        received = [event for _, event in placed]
        assert text_of(received) == default_text(30)[after:]
        assert placed[0][1]["type"] == "start"
        positions = [position for position, _ in placed]
        assert positions == sorted(positions)
        assert positions[-1] == len(default_text(30))
        assert one(received, "done")["finish_reason"] == "stop"
        # From the finished message it is the same.
        again = here.get(f"/api/generations/{generation}/stream?after={after}")
        finished = [event for _, event in parse(iter(again.text.splitlines()))]
        assert text_of(finished) == text_of(received)
        assert finished[-1] == received[-1]


def test_both_together_write_no_more_answers_at_once_than_one_person_may_have(
    pair: tuple[Site, Site], upstream: Upstream
) -> None:
    upstream.script_prompt("at both doors", tokens=20, then="hang", after=2)
    body = {"message": "at both doors", "model": MODEL}

    def crowd(number: int) -> tuple[int, str]:
        with pair[number % 2].client("charlie") as client:
            answer = client.post("/api/chat/stream", json=body)
            if answer.status_code == 200:
                return 200, ""
            refused.release()
            return answer.status_code, answer.headers["Retry-After"]

    refused = threading.Semaphore(0)
    with ThreadPoolExecutor(14) as pool:
        answers = pool.map(crowd, range(14))
        # Those who were taken wait until all the others have been turned away.
        assert all(refused.acquire(timeout=20) for _ in range(4))
        deadline = time.monotonic() + patience.SECONDS
        while sum(r.pieces == 2 for r in upstream.log(MODEL) if "at both doors" in str(r.body)) < 10:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        upstream.release("at both doors")
        assert sorted(answers) == [(200, "")] * 10 + [(429, "5")] * 4


def test_the_other_process_can_stop_it(pair: tuple[Site, Site], upstream: Upstream) -> None:
    upstream.script_prompt("stop elsewhere", tokens=500, delay=0.05)
    with pair[0].client() as here, pair[1].client() as there:
        generation, conversation = ask(here, "stop elsewhere")
        assert there.post(f"/api/generations/{generation}/stop").status_code == 202
        record = upstream.wait_for(MODEL, lambda r: "stop elsewhere" in str(r.body) and r.ended != "open")
        assert record.ended == "client_closed"
        there.get(f"/api/generations/{generation}/stream").read()
        answer = there.get(f"/api/conversations/{conversation}").json()["messages"][-1]
    assert answer["status"] == "stopped"
    assert answer["content"]


def test_what_a_killed_process_wrote_is_kept_by_the_other(pair: tuple[Site, Site], upstream: Upstream) -> None:
    upstream.script_prompt("killed elsewhere", tokens=500, then="hang", after=20)
    first, second = pair
    with first.client() as here, second.client() as there:
        generation, conversation = ask(here, "killed elsewhere")
        with there.stream("GET", f"/api/generations/{generation}/stream") as response:
            placed = parse(response.iter_lines())
            received = [next(placed)[1]]
            while text_of(received) != default_text(20):
                received.append(next(placed)[1])
            first.stop(signal.SIGKILL)
            received += [event for _, event in placed]
        first.start()
        answer = there.get(f"/api/conversations/{conversation}").json()["messages"][-1]
    assert received[-1]["type"] == "error"
    assert received[-1]["error_type"] == "interrupted"
    assert answer["status"] == "interrupted"
    assert answer["content"] == text_of(received) == default_text(20)
    assert answer["usage"]["source"] == "estimated"


def test_an_answer_that_nobody_followed_is_unread_everywhere_until_it_is_seen(
    pair: tuple[Site, Site], upstream: Upstream
) -> None:
    upstream.script_prompt("ends unseen", tokens=20, then="hang", after=5)
    upstream.script_prompt("ends seen elsewhere", tokens=20, delay=0.05)
    with pair[0].client() as here, pair[1].client() as there:
        _, unseen = ask(here, "ends unseen")
        # Nothing tells when the server has seen the reader leave.
        time.sleep(1)
        upstream.release("ends unseen")
        path = f"/api/conversations/{unseen}"
        deadline = time.monotonic() + patience.SECONDS
        # That it is over may be told a moment before that it is unread: these are two statements.
        while not there.get(path).json()["unread"]:
            assert time.monotonic() < deadline
        assert there.patch(path, json={"unread": False}).json()["unread"] is False
        assert here.get(path).json()["unread"] is False
        generation, seen = ask(here, "ends seen elsewhere")
        there.get(f"/api/generations/{generation}/stream")
        assert there.get(f"/api/conversations/{seen}").json()["unread"] is False
