"""Budgets end to end: refused before, ended in the midst, released after, and told in the page."""

import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.harness import patience
from tests.harness.site import PASSWORD, Site
from tests.harness.stream import events, one, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_pieces, default_text

MODEL = "gpt-4o"
# Tokens: what each person may use in a month, hard, or softly with a minus.
PEOPLE = {"spender": 60, "held": 60, "stopper": 4000, "warned": -60, "thinker": 1000, "silent": 1000}
MAKE = f"""
for name, tokens in {PEOPLE!r}.items():
    user = User.objects.create_user(name, password={PASSWORD!r})
    Budget.objects.create(user=user, amount=abs(tokens), unit="tokens", hard=tokens >= 0)
    print(name, ApiKey.issue(user, "tests")[1])
"""


@pytest.fixture(scope="module")
def limited(site: Site) -> Site:
    """The site with people who have budgets."""
    words = site.shell(MAKE).split()
    site.keys |= dict(zip(words[::2], words[1::2], strict=True))
    return site


@pytest.fixture
def spender(limited: Site) -> Iterator[httpx2.Client]:
    with limited.client("spender") as client:
        yield client


def budget_of(client: httpx2.Client) -> dict[str, Any]:
    """The only budget that holds for somebody."""
    (budget,) = client.get("/api/budget").json()["budgets"]
    assert isinstance(budget, dict)
    return budget


def test_a_hard_budget_ends_the_stream_and_then_refuses_all_more(
    spender: httpx2.Client, limited: Site, upstream: Upstream
) -> None:
    # It heeds no limit.
    upstream.script_prompt("spend it all", text=default_pieces(500), delay=0.02)
    received = events(spender, message="spend it all", model=MODEL)
    error, start = one(received, "error"), received[0]
    assert (error["error_type"], error["retryable"]) == ("budget", False)
    assert error["message"].startswith("Your budget for ")
    assert error["message"].endswith(" at 00:00 UTC.")
    record = upstream.wait_for(MODEL, lambda r: "spend it all" in str(r.body) and r.ended != "open")
    assert record.ended == "client_closed"
    answer = spender.get(f"/api/conversations/{start['conversation_id']}").json()["messages"][-1]
    assert (answer["status"], answer["error"]["type"]) == ("interrupted", "budget")
    assert answer["content"] == text_of(received)
    assert default_text(500).startswith(answer["content"])
    assert one(received, "usage")["source"] == answer["usage"]["source"] == "estimated"
    budget = budget_of(spender)
    assert budget["used"] == answer["usage"]["total_tokens"] >= 60
    assert (budget["left"], budget["reserved"], budget["unit"], budget["hard"]) == (0, 0, "tokens", True)

    # From now on nothing is asked any more, whichever way.
    there = {"conversation_id": start["conversation_id"], "model": MODEL}
    again = {"regenerate": start["user_message_id"], **there}
    for path in ("/api/chat/stream", "/api/chat"):
        for body in ({"message": "spend more", "model": MODEL}, {"message": "spend more", **there}, again):
            refused = spender.post(path, json=body)
            assert refused.status_code == 429
            assert refused.json()["error"]["type"] == "budget"
            assert "is used up. It is free again on 1 " in refused.json()["error"]["message"]
            assert int(refused.headers["Retry-After"]) > 0
    assert not [record for record in upstream.log(MODEL) if "spend more" in str(record.body)]
    assert len(spender.get("/api/conversations").json()["conversations"]) == 1
    with closing(limited.session("spender")) as browser:
        page = browser.get("/").text
    assert f"You have used {budget['percent']} % of your budget for " in page
    assert "0 tokens of 60 tokens left." in page


def test_a_provider_is_held_to_what_is_left_of_a_hard_budget(limited: Site, upstream: Upstream) -> None:
    upstream.script_prompt("held to what is left", hidden=30_000)
    with limited.client("held") as client:
        received = events(client, message="held to what is left", model=MODEL)
        budget = budget_of(client)
    sent = next(record for record in upstream.log(MODEL) if "held to what is left" in str(record.body))
    assert (one(received, "error")["error_type"], one(received, "usage")["source"]) == ("budget", "provider")
    assert text_of(received) == ""
    assert budget["used"] == sent.body["max_tokens"] + 5
    assert 40 < budget["used"] <= 60


def test_thoughts_that_are_counted_beside_the_answer_outgrow_a_hard_budget_by_one_answer_at_most(
    limited: Site, upstream: Upstream
) -> None:
    # The limit holds for what is shown; as much again is thought, told by nothing but the total.
    usage = {"prompt_tokens": 5, "completion_tokens": 920, "total_tokens": 1825}
    upstream.script_prompt("think beside it", text=default_pieces(600), finish_reason="length", usage_json=usage)
    with limited.client("thinker") as client:
        received = events(client, message="think beside it", model=MODEL)
        assert one(received, "error")["error_type"] == "budget"
        assert one(received, "usage")["completion_tokens"] == 1820
        assert budget_of(client)["used"] == 1825
        assert client.post("/api/chat", json={"message": "think beside it", "model": MODEL}).status_code == 429
    # It was not gone on with.
    assert len([record for record in upstream.log(MODEL) if "think beside it" in str(record.body)]) == 1


def test_an_answer_that_ended_at_its_limit_was_as_long_as_that_whatever_was_shown_of_it(
    limited: Site, upstream: Upstream
) -> None:
    # What is thought counts towards the limit, and nobody tells of it.
    upstream.script_prompt("think in silence", hidden=890, tokens=200, usage="off")
    taken = 0
    with limited.client("silent") as client:
        for _ in range(4):
            answer = client.post("/api/chat", json={"message": "think in silence", "model": MODEL})
            if answer.status_code == 429:
                break
        budget = budget_of(client)
    for record in upstream.log(MODEL):
        if "think in silence" in str(record.body):
            # A title is asked for with a limit of its own.
            taken += min(record.body["max_tokens"], 1090)
    assert answer.status_code == 429
    assert 1000 <= budget["used"] < 1100
    assert taken <= 1100


def test_requests_that_were_lost_while_nothing_was_said_may_have_taken_all_they_were_allowed_to(
    limited: Site, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script_prompt("lost in thought", hidden=900, then="close", after=0)
    environment = {"OPENAI_BASE_URL": upstream.base_url, "CHAT_MAX_RETRIES": "3"}
    with Site(tmp_path, environment) as site:
        site.until_listed(MODEL)
        site.shell("Budget.objects.create(scope='site', amount=1000, unit='tokens', hard=True)")
        with site.client() as client:
            error = one(events(client, message="lost in thought", model=MODEL), "error")
    # What it says is why it failed, not what it might have cost.
    assert (error["error_type"], error["retryable"]) == ("network_error", True)
    asked = [record for record in upstream.log(MODEL) if "lost in thought" in str(record.body)]
    assert [900 < record.body["max_tokens"] < 1000 for record in asked] == [True]


def test_a_soft_budget_says_so_and_goes_on(limited: Site, upstream: Upstream) -> None:
    upstream.script_prompt("go beyond it", tokens=80)
    with limited.client("warned") as client:
        for _ in range(2):
            assert one(events(client, message="go beyond it", model=MODEL), "done")["finish_reason"] == "stop"
        budget = budget_of(client)
    assert (budget["used"], budget["left"], budget["percent"]) == (166, 0, 276)
    assert budget["note"].startswith("You have used 276 % of your budget for ")
    with closing(limited.session("warned")) as browser:
        assert budget["note"] in browser.get("/").text


def test_what_is_set_aside_is_told_and_given_back_at_a_stop(limited: Site, upstream: Upstream) -> None:
    upstream.script_prompt("set aside and stopped", then="hang", after=3)
    body = {"message": "set aside and stopped", "model": MODEL, "max_tokens": 1000}
    with limited.client("stopper") as client:
        with client.stream("POST", "/api/chat/stream", json=body) as response:
            lines = response.iter_lines()
            while "token" not in next(lines):
                pass
            held = budget_of(client)
            with limited.client("stopper") as other:
                conversation = other.get("/api/conversations").json()["conversations"][0]
                generation = other.get(f"/api/conversations/{conversation['id']}").json()["messages"][-1]
                other.post(f"/api/generations/{generation['generation_id']}/stop")
            for _ in lines:
                pass
        after = budget_of(client)
    assert (held["used"], 1000 < held["reserved"] < 1100) == (0, True)
    assert (after["reserved"], 0 < after["used"] < 50) == (0, True)


def test_somebody_without_a_budget_has_none_to_see(bob: httpx2.Client) -> None:
    assert bob.get("/api/budget").json() == {"budgets": []}


def test_a_killed_process_holds_nothing_back_and_what_it_used_is_counted(upstream: Upstream, tmp_path: Path) -> None:
    upstream.script_prompt("killed within a budget", tokens=500, then="hang", after=15)
    with Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url}) as site:
        site.until_listed(MODEL)
        site.shell("Budget.objects.create(scope='site', amount=3000, unit='tokens', hard=True)")
        with site.client() as client:
            body = {"message": "killed within a budget", "model": MODEL}
            with client.stream("POST", "/api/chat/stream", json=body) as response:
                lines = response.iter_lines()
                while "it," not in next(lines):
                    pass
                assert budget_of(client)["reserved"] > 2000
                # The journal is to have the words.
                time.sleep(0.6)
                site.stop(signal.SIGKILL)
        site.start()
        with site.client() as client:
            deadline = time.monotonic() + patience.SECONDS
            while (budget := budget_of(client))["reserved"] and time.monotonic() < deadline:
                time.sleep(0.1)
            conversation = client.get("/api/conversations").json()["conversations"][0]
            answer = client.get(f"/api/conversations/{conversation['id']}").json()["messages"][-1]
    assert budget["reserved"] == 0
    assert budget["used"] == answer["usage"]["total_tokens"] > 15
