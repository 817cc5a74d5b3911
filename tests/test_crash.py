"""The server is killed in the middle of an answer: what was said is there again, and the talk goes on."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.harness.site import Site
from tests.harness.stream import events, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text


def test_a_killed_server_loses_no_word_that_was_shown(upstream: Upstream, tmp_path: Path) -> None:
    upstream.script_prompt("until the crash", tokens=500, delay=0.05, then="hang", after=15)
    site = Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url})
    with site, closing(sqlite3.connect(tmp_path / "db.sqlite3", isolation_level=None)) as database:
        body = {"message": "until the crash", "model": "gpt-4o"}
        with site.client() as client, client.stream("POST", "/api/chat/stream", json=body) as response:
            placed = parse(response.iter_lines())
            received = [next(placed)[1], next(placed)[1]]
            # The journal waits from now on.
            database.execute("BEGIN IMMEDIATE")
            while text_of(received) != default_text(15):
                received.append(next(placed)[1])
            site.stop(signal.SIGKILL)
        journaled = "".join(events for (events,) in database.execute("SELECT events FROM chat_journalentry"))
        assert len(journaled) < len(default_text(15))
        database.rollback()
        site.start()
        with site.client() as client:
            start = received[0]
            conversation = client.get(f"/api/conversations/{start['conversation_id']}").json()
            answer = conversation["messages"][-1]
            assert (answer["status"], answer["content"]) == ("interrupted", default_text(15))
            assert answer["error"]["type"] == "interrupted"
            assert answer["usage"]["source"] == "estimated"
            again = client.get(f"/api/generations/{start['generation_id']}/stream?after=5")
            rest = [event for _, event in parse(iter(again.text.splitlines()))]
            assert text_of(rest) == default_text(15)[5:]
            assert rest[-1]["error_type"] == "interrupted"
            # And the talk goes on from there.
            upstream.script_prompt("go on after the crash")
            more = events(client, message="go on after the crash", conversation_id=start["conversation_id"])
            assert more[-1]["type"] == "done"


@pytest.mark.parametrize(
    ("first", "error"),
    [({"status": 503}, "unknown"), ({"then": "close", "after": 5}, "interrupted")],
    ids=["turned down", "broken off"],
)
def test_a_killed_server_bills_every_request_it_made(
    upstream: Upstream, tmp_path: Path, first: dict[str, object], error: str
) -> None:
    prompt = f"asked again after {error}"
    upstream.script_prompt(prompt, first, {"then": "hang", "after": 0})
    site = Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url})
    with site:
        body = {"message": prompt, "model": "gpt-4o"}
        with site.client() as client, client.stream("POST", "/api/chat/stream", json=body) as response:
            next(parse(response.iter_lines()))
            upstream.wait_for("gpt-4o", lambda r: prompt in str(r.body) and r.ended != "open")
            again = upstream.wait_for("gpt-4o", lambda r: prompt in str(r.body) and r.ended == "open")
            site.stop(signal.SIGKILL)
        site.start()
        rows = site.shell("print(*UsageRecord.objects.order_by('attempt').values_list('attempt', 'error_type'))")
    assert len([record for record in upstream.log("gpt-4o") if prompt in str(record.body)]) == 2
    assert again.pieces == 0
    assert rows.strip() == f"(1, {error!r}) (2, 'unknown')"
