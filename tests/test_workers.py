"""Several workers on one port: one is killed, all are replaced, all are told to go, while they answer."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.harness import patience
from tests.harness.site import Site
from tests.harness.stream import Event, events, one, parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

MODEL = "gpt-4o-mini"
TOKEN = "only-for-this-test"


@pytest.fixture(scope="module")
def team(
    upstream: Upstream, postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site of two workers."""
    environment = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "OPENAI_BASE_URL": upstream.base_url,
        "SECRET_KEY": "only-for-this-test-" + "x" * 40,
        "CHAT_MAX_STREAMS_PER_USER": "0",
        "CHAT_METRICS_TOKEN": TOKEN,
    }
    with Site(tmp_path_factory.mktemp("team"), environment, workers=2) as site:
        site.until_listed(MODEL)
        yield site
        assert not [line for line in site.output if "Traceback" in line]


def workers(site: Site) -> set[int]:
    """Return the process ids of the workers there are."""
    pid = site.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended may still be listed until somebody takes note."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until_workers(site: Site, gone: set[int]) -> set[int]:
    """Wait until two workers serve, and none of those that should be gone."""
    deadline = time.monotonic() + patience.SECONDS
    while len(now := workers(site)) != 2 or now & gone:
        assert time.monotonic() < deadline, (now, gone, site.output)
        time.sleep(0.1)
    return now


class Reader(threading.Thread):
    """Somebody who asks and reads what comes, each on a connection of their own."""

    def __init__(self, site: Site, prompt: str) -> None:
        super().__init__(daemon=True)
        self.site, self.prompt = site, prompt
        self.received: list[Event] = []
        self.begun = threading.Event()
        self.is_cut = False
        self.start()

    def run(self) -> None:
        with self.site.client() as client:
            try:
                body = {"message": self.prompt, "model": MODEL}
                with client.stream("POST", "/api/chat/stream", json=body) as response:
                    for _, event in parse(response.iter_lines()):
                        self.received.append(event)
                        if event["type"] == "token":
                            self.begun.set()
            except httpx2.HTTPError:
                self.is_cut = True

    @property
    def generation(self) -> str:
        return str(self.received[0]["generation_id"])

    def worker(self, database: str) -> int:
        """Return the process that writes the answer."""
        with psycopg.connect(database) as connection:
            row = connection.execute("SELECT worker FROM chat_generation WHERE id = %s", [self.generation]).fetchone()
        assert row is not None
        return int(row[0].split()[1])

    def until_kept(self, database: str, text: str) -> None:
        """Wait until this is in the journal, which is written four times a second: a kill takes what came since."""
        find = "SELECT events FROM chat_journalentry WHERE generation_id = %s ORDER BY sequence"
        deadline = time.monotonic() + patience.SECONDS
        with psycopg.connect(database, autocommit=True) as connection:
            while text_of([e for (each,) in connection.execute(find, [self.generation]) for e in each]) != text:
                assert time.monotonic() < deadline
                time.sleep(0.05)


def crowd(site: Site, upstream: Upstream, label: str, count: int, **script: Any) -> list[Reader]:
    """Let several people ask, and wait until all read."""
    for number in range(count):
        upstream.script_prompt(f"{label} {number}:", **script)
    readers = [Reader(site, f"{label} {number}:") for number in range(count)]
    assert all(reader.begun.wait(20) for reader in readers)
    return readers


def test_each_of_them_answers_and_either_tells_the_figures_of_both(
    team: Site, upstream: Upstream, postgres_url: str
) -> None:
    readers = crowd(team, upstream, "shared", 12, tokens=20, then="hang", after=3)
    by_worker = [reader.worker(postgres_url) for reader in readers]
    assert set(by_worker) == workers(team)
    for _ in range(8):
        figures = httpx2.get(f"{team.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False).text
        assert "\nchatsite_streams_open 12.0\n" in figures
        assert "\nchatsite_generations_live 12.0\n" in figures
    for number in range(12):
        upstream.release(f"shared {number}:")
    for reader in readers:
        reader.join(20)
        assert text_of(reader.received) == default_text(20)


def test_when_one_is_killed_the_others_go_on_and_another_comes(
    team: Site, upstream: Upstream, postgres_url: str
) -> None:
    before = workers(team)
    readers = crowd(team, upstream, "killed beside", 12, tokens=20, then="hang", after=3)
    victim = readers[0].worker(postgres_url)
    hit = [reader for reader in readers if reader.worker(postgres_url) == victim]
    spared = [reader for reader in readers if reader not in hit]
    for reader in hit:
        reader.until_kept(postgres_url, default_text(3))
    os.kill(victim, signal.SIGKILL)
    killed_at = time.monotonic()

    with team.client() as client, ThreadPoolExecutor(8) as pool:
        # The port goes on serving meanwhile.
        asked: list[Future[list[Event]]] = [
            pool.submit(events, client, message=f"meanwhile {number}", model=MODEL) for number in range(20)
        ]
        assert [text_of(each.result()) for each in asked] == [default_text()] * 20
        for reader in hit:
            reader.join(10)
            again = client.get(f"/api/generations/{reader.generation}/stream?after=0")
            received = [event for _, event in parse(iter(again.text.splitlines()))]
            assert received[-1]["error_type"] == "interrupted"
            assert text_of(received) == default_text(3)
        assert time.monotonic() - killed_at < 15
    for number in range(12):
        upstream.release(f"killed beside {number}:")
    for reader in spared:
        reader.join(20)
        assert one(reader.received, "done")["finish_reason"] == "stop"
        assert text_of(reader.received) == default_text(20)
    now = until_workers(team, {victim})
    assert now & before == before - {victim}


def test_all_are_replaced_under_way_and_nobody_notices(team: Site, upstream: Upstream) -> None:
    before = workers(team)
    readers = crowd(team, upstream, "replaced", 10, tokens=60, then="hang", after=20)
    team.process.send_signal(signal.SIGHUP)
    stop = threading.Event()
    failed: list[object] = []

    def ask_on() -> None:
        while not stop.is_set():
            with team.client("bob") as client:
                received = events(client, message="in between", model=MODEL)
            if text_of(received) != default_text():
                failed.append(received)

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask_on) for _ in range(2)]
        try:
            deadline = time.monotonic() + patience.SECONDS
            # The new ones are there; the old ones stay until what they write is said.
            while len(workers(team) - before) < 2:
                assert time.monotonic() < deadline, team.output
                time.sleep(0.05)
            assert workers(team) & before
        finally:
            stop.set()
        for each in asking:
            each.result()
    for number in range(10):
        upstream.release(f"replaced {number}:")
    for reader in readers:
        reader.join(20)
        assert not reader.is_cut
        assert text_of(reader.received) == default_text(60)
        assert one(reader.received, "done")["finish_reason"] == "stop"
    assert not failed
    assert not until_workers(team, before) & before


def test_told_to_go_they_store_what_was_said(team: Site, upstream: Upstream) -> None:
    readers = crowd(team, upstream, "ended", 6, tokens=60, then="hang", after=3)
    pids = workers(team)
    assert team.stop() == 0
    assert not any(lives(pid) for pid in pids)
    for reader in readers:
        reader.join(10)
        assert reader.received[-1]["error_type"] == "interrupted"
    team.start()
    with team.client() as client:
        for reader in readers:
            again = client.get(f"/api/generations/{reader.generation}/stream").text
            received = [event for _, event in parse(iter(again.splitlines()))]
            assert text_of(received) == text_of(reader.received)


def test_workers_end_when_their_supervisor_is_killed(team: Site) -> None:
    pids = workers(team)
    team.stop(signal.SIGKILL)
    deadline = time.monotonic() + patience.SECONDS
    while any(lives(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    team.start()
    assert len(workers(team)) == 2


def test_a_port_in_use_is_said_once(team: Site, tmp_path: Path) -> None:
    port = team.url.rpartition(":")[2]
    with pytest.raises(AssertionError, match=f"127.0.0.1:{port} cannot be used"):
        Site(tmp_path, people=False).manage("serve", "--port", port, "--workers", "2")
