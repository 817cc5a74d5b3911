"""What operators can see: counts for Prometheus, log lines with the request they belong to, and whether it is ready."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.soak import services
from tests.conftest import unavailable
from tests.harness import patience
from tests.harness.site import Site
from tests.harness.stream import events, one, parse
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o-mini"
TOKEN = "only-for-this-test-of-what-is-counted"
KEY = "sk-never-to-be-seen-in-a-log"


@pytest.fixture(scope="module")
def watched(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that is watched by machines."""
    environment = {
        "OPENAI_BASE_URL": upstream.base_url,
        "OPENAI_API_KEY": KEY,
        "CHAT_MAX_RETRIES": "0",
        "CHAT_LOG_FORMAT": "json",
        "CHAT_METRICS_TOKEN": TOKEN,
    }
    with Site(tmp_path_factory.mktemp("watched"), environment) as site:
        site.until_listed(MODEL)
        yield site


def measured(site: Site) -> dict[str, float]:
    """Return all samples, each by its name and the values of its labels in the order of their names."""
    answer = httpx2.get(f"{site.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    found: defaultdict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found[" ".join([sample.name, *(value for _, value in sorted(sample.labels.items()))])] = sample.value
    return found


def lines(site: Site) -> list[dict[str, Any]]:
    return [json.loads(line) for line in site.output if line.startswith("{")]


def lines_of(site: Site, request_id: str, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + patience.SECONDS
    while len(found := [line for line in lines(site) if line.get("request_id") == request_id]) < count:
        assert time.monotonic() < deadline, site.output
        time.sleep(0.05)
    return found


def test_every_answer_is_counted_when_it_ends(watched: Site, upstream: Upstream) -> None:
    before = measured(watched)
    upstream.script_prompt("Count me.", tokens=60, delay=0.01)
    upstream.script_prompt("counted while it runs", then="hang", after=5)
    with watched.client() as client:
        charge = one(events(client, message="Count me.", model=MODEL), "usage")
        with client.stream(
            "POST", "/api/chat/stream", json={"message": "counted while it runs", "model": MODEL}
        ) as response:
            placed = parse(response.iter_lines())
            assert next(event for _, event in placed if event["type"] == "token")
            upstream.wait_for(MODEL, lambda each: "counted while it runs" in str(each.body) and each.pieces == 5)
            meanwhile = measured(watched)
            assert meanwhile["chatsite_streams_open"] == meanwhile["chatsite_generations_live"] == 1
            upstream.release("counted while it runs")
            charge_of_second = one([event for _, event in placed], "usage")
    after = measured(watched)
    assert after["chatsite_streams_open"] == after["chatsite_generations_live"] == 0
    added = {name: after[name] - before[name] for name in after}
    assert added[f"chatsite_generations_total {MODEL} openai complete"] == 2
    for kind in ("prompt", "completion"):
        told = charge[f"{kind}_tokens"] + charge_of_second[f"{kind}_tokens"]
        assert added[f"chatsite_tokens_total {kind} {MODEL} openai"] == told
    assert added[f"chatsite_ttft_seconds_count {MODEL} openai"] == 2
    for histogram in ("relay_lag", "journal_flush", "database_wait"):
        assert added[f"chatsite_{histogram}_seconds_count"] > 0
    assert after["chatsite_database_jobs shared"] == 0


def test_errors_are_counted_by_type_and_provider(watched: Site, upstream: Upstream) -> None:
    before = measured(watched)
    upstream.script_prompt("counted as refused", status=401)
    with watched.client() as client:
        assert events(client, message="counted as refused", model=MODEL)[-1]["error_type"] == "authentication"
    after = measured(watched)
    failure = "chatsite_errors_total authentication openai"
    assert after[failure] - before[failure] == 1
    failed = f"chatsite_generations_total {MODEL} openai failed"
    assert after[failed] - before[failed] == 1


@pytest.mark.parametrize("given", ["Bearer wrong", f"Basic {TOKEN}", "Bearer", ""])
def test_a_wrong_token_reads_no_figures(watched: Site, given: str) -> None:
    headers = {"Authorization": given} if given else {}
    answer = httpx2.get(f"{watched.url}/metrics", headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert "chatsite_" not in answer.text.replace("CHAT_METRICS_TOKEN", "")


def test_a_request_and_its_answer_are_logged_under_one_id(watched: Site, upstream: Upstream) -> None:
    upstream.script_prompt("words that no log may hold", status=500)
    with watched.client() as client:
        body = {"message": "words that no log may hold", "model": MODEL}
        answer = client.post("/api/chat?q=nor-these", json=body, headers={"X-Request-ID": "from-the-proxy.1"})
    assert answer.headers["X-Request-ID"] == "from-the-proxy.1"
    found = {line["logger"]: line for line in lines_of(watched, "from-the-proxy.1", 2)}
    ended, asked = found["chat.generation.report"], found["chatsite.middleware.request_log"]
    assert (ended["status"], ended["error_type"], ended["provider"]) == ("failed", "api_error", "openai")
    assert (asked["method"], asked["path"], asked["status"]) == ("POST", "/api/chat", 502)
    assert asked["seconds"] > 0
    everything = "".join(watched.output)
    for secret in ("words that no log", "nor-these", KEY, TOKEN, *watched.keys.values()):
        assert secret not in everything


@pytest.mark.parametrize("given", ["", "two words", "x" * 200, "forged\u00a0line", "-starts-badly", '{"a":1}'])
def test_an_id_that_is_not_well_formed_is_replaced(watched: Site, given: str) -> None:
    headers = {b"X-Request-ID": given.encode()} if given else {}
    answer = httpx2.get(f"{watched.url}/healthz", headers=headers, trust_env=False)
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_the_log_goes_on_when_the_request_is_over(watched: Site, upstream: Upstream) -> None:
    upstream.script_prompt("logged in the end", then="hang", after=2)
    body = {"message": "logged in the end", "model": MODEL}
    headers = {"X-Request-ID": "left-early"}
    with watched.client() as client:
        with client.stream("POST", "/api/chat/stream", json=body, headers=headers) as response:
            start = next(parse(response.iter_lines()))[1]
        client.post(f"/api/generations/{start['generation_id']}/stop")
    assert lines_of(watched, "left-early", 2)[-1]["status"] == "stopped"


def test_it_is_ready_only_with_all_its_migrations(watched: Site) -> None:
    def ready() -> tuple[int, dict[str, bool]]:
        answer = httpx2.get(f"{watched.url}/readyz", trust_env=False)
        return answer.status_code, answer.json()["checks"]

    assert ready() == (200, {"database": True, "channel_layer": True, "serving": True})
    recorded = "from django.db.migrations.recorder import MigrationRecorder as Recorder"
    newest = sorted(path.stem for path in Path("chat/migrations").glob("0*.py"))[-1]
    watched.shell(recorded, f"Recorder.Migration.objects.filter(name={newest!r}).delete()")
    assert ready() == (503, {"database": False, "channel_layer": True, "serving": True})
    watched.shell(recorded, f"Recorder.Migration.objects.create(app='chat', name={newest!r})")
    assert ready()[0] == 200


def test_redis_may_go_and_come_while_people_are_signed_in(tmp_path: Path) -> None:
    if not services.has_redis():
        unavailable("redis-server is missing.")
    redis, address = services.redis(tmp_path)
    with redis, Site(tmp_path / "data", {"REDIS_URL": address}) as site, closing(site.session("alice")) as browser:
        assert browser.get("/").status_code == 200
        assert browser.get("/readyz").status_code == 200
        redis.stop()
        assert browser.get("/").status_code == 200
        assert one(events(browser, message="Without Redis"), "done")["finish_reason"] == "stop"
        unready = browser.get("/readyz")
        assert (unready.status_code, unready.json()["checks"]["channel_layer"]) == (503, False)
        # Who signs out meanwhile is out for good.
        assert browser.post("/accounts/logout/").status_code == 302
        redis.start()
        assert browser.get("/readyz").status_code == 200
        assert browser.get("/").headers["Location"].startswith("/accounts/login/")
    assert not [line for line in site.output if "Traceback" in line]
