"""The site under other ASGI servers than its own: a stream, Stop, files, limits, the end, and what a crash leaves."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.site import ROOT
from tests.harness.stream import Event, one, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text
from tests.server.asgi_servers import COMMANDS, WITH_LIFESPAN, HostedSite
from tests.server.process import connect, receive_all

MODEL = "gpt-4o-mini"
MIB = 1024 * 1024
UNFINISHED = "print(Generation.objects.filter(finished_at__isnull=True).count())"


@pytest.fixture(scope="module", params=COMMANDS)
def hosted(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HostedSite]:
    """The site under one of the servers."""
    with HostedSite(request.param, tmp_path_factory.mktemp(request.param), upstream) as site:
        yield site


def test_a_question_streams_piece_by_piece(hosted: HostedSite, upstream: Upstream) -> None:
    prompt = f"piece by piece under {hosted.server}:"
    upstream.script_prompt(prompt, tokens=20, then="hang", after=3)
    received: list[Event] = []
    with (
        hosted.client() as client,
        client.stream("POST", "/api/chat/stream", json={"message": prompt, "model": MODEL}) as response,
    ):
        assert response.headers["X-DNS-Prefetch-Control"] == "off"
        for _, event in parse(response.iter_lines()):
            # The rest is said only once this has arrived.
            if event["type"] == "token" and not any(each["type"] == "token" for each in received):
                upstream.release(prompt)
            received.append(event)
    assert text_of(received) == default_text(20)
    assert one(received, "done")["finish_reason"] == "stop"


def test_stop_closes_the_line_to_the_provider(hosted: HostedSite, upstream: Upstream) -> None:
    prompt = f"stopped under {hosted.server}:"
    upstream.script_prompt(prompt, tokens=50, then="hang", after=3)
    received: list[Event] = []
    with (
        hosted.client() as client,
        client.stream("POST", "/api/chat/stream", json={"message": prompt, "model": MODEL}) as response,
    ):
        for _, event in parse(response.iter_lines()):
            if event["type"] == "token" and not any(each["type"] == "token" for each in received):
                client.post(f"/api/generations/{received[0]['generation_id']}/stop")
            received.append(event)
    assert one(received, "done")["finish_reason"] == "stopped"
    record = upstream.wait_for(MODEL, lambda each: prompt in str(each.body) and each.ended != "open")
    assert record.ended == "client_closed"


def test_files_pages_and_wrong_addresses(hosted: HostedSite) -> None:
    with hosted.client(None) as client:
        for path in ("static/chat/main.js", "static/chat/page/base.css"):
            assert client.get(f"/{path}").content == (ROOT / path).read_bytes()
        assert client.get("/accounts/login/").status_code == 200
        assert client.get("/api/nothing").json()["error"]["type"] == "not_found"


def test_head_is_answered_without_a_body(hosted: HostedSite) -> None:
    for path in ("/accounts/login/", "/static/chat/main.js"):
        raw = connect(hosted.port, f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        with raw:
            head, _, body = receive_all(raw).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        assert body == b""


def test_a_body_that_is_too_large_is_refused_in_json(hosted: HostedSite) -> None:
    with hosted.client() as client:
        for content in (b"x" * (3 * MIB), iter([b"x" * MIB] * 3)):
            answer = client.post("/api/chat", content=content)
            assert (answer.status_code, answer.json()["error"]["type"]) == (413, "too_large")
        assert client.get("/api/models").status_code == 200


def test_sigterm_ends_an_answer_and_keeps_what_it_said(hosted: HostedSite, upstream: Upstream) -> None:
    prompt = f"until the end of {hosted.server}:"
    upstream.script_prompt(prompt, tokens=50, then="hang", after=3)
    conversation = ask_until_words(hosted, prompt)
    hosted.stop()
    if hosted.server in WITH_LIFESPAN:
        assert hosted.shell(UNFINISHED).strip() == "0"
    hosted.start()
    assert kept(hosted, conversation) == default_text(3)


def test_what_a_crash_left_is_recovered_at_the_start(hosted: HostedSite, upstream: Upstream) -> None:
    prompt = f"killed under {hosted.server}:"
    upstream.script_prompt(prompt, tokens=50, then="hang", after=3)
    conversation = ask_until_words(hosted, prompt)
    children = [
        int(pid) for pid in Path(f"/proc/{hosted.process.pid}/task/{hosted.process.pid}/children").read_text().split()
    ]
    hosted.stop(signal.SIGKILL)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    hosted.start()
    assert kept(hosted, conversation) == default_text(3)
    assert hosted.shell(UNFINISHED).strip() == "0"


def ask_until_words(site: HostedSite, prompt: str) -> str:
    """Ask, read three tokens, and leave the answer hanging. Returns the conversation."""
    received: list[Event] = []
    with (
        site.client() as client,
        client.stream("POST", "/api/chat/stream", json={"message": prompt, "model": MODEL}) as response,
    ):
        for _, event in parse(response.iter_lines()):
            received.append(event)
            if text_of(received) == default_text(3):
                break
    return str(received[0]["conversation_id"])


def kept(site: HostedSite, conversation: str) -> str:
    """Return what is kept of an answer that was interrupted, once it is known to be."""
    deadline = time.monotonic() + 20
    with site.client() as client:
        while True:
            answer = client.get(f"/api/conversations/{conversation}").json()["messages"][-1]
            if answer["status"] == "interrupted":
                return str(answer["content"])
            assert time.monotonic() < deadline, answer
            time.sleep(0.1)
