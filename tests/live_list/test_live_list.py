"""The list of conversations as it changes: told to every page that watches, whoever changed it."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import events, one, parse
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o-mini"
News = Iterator[tuple[int, dict[str, Any]]]


@contextmanager
def watching(client: httpx2.Client, **options: Any) -> Iterator[News]:
    with client.stream("GET", "/api/events", **options) as response:
        assert response.status_code == 200, response.read()
        lines = response.iter_lines()
        # The first line says that nothing is missed from here on.
        assert next(lines) == ": keep-alive"
        yield parse(_lively(lines))


def _lively(lines: Iterator[str]) -> Iterator[str]:
    """Pass lines on, but wait for news no longer than for a heartbeat."""
    for line in lines:
        assert not line.startswith(":"), "There was no news."
        yield line


def until(news: News, conversation_id: str, **wanted: Any) -> dict[str, Any]:
    """Return the next state of a conversation that is as wanted."""
    for _, event in news:
        shown = event.get("conversation", {})
        if shown.get("id") == conversation_id and wanted.items() <= shown.items():
            found: dict[str, Any] = shown
            return found
    raise AssertionError("The stream ended.")


def person(site: Site, name: str) -> httpx2.Client:
    site.admit(name)
    return site.client(name)


def ask(client: httpx2.Client, message: str, **more: Any) -> str:
    name: str = one(events(client, message=message, model=MODEL, **more), "start")["conversation_id"]
    return name


def test_a_page_sees_what_another_one_does(site: Site, upstream: Upstream) -> None:
    upstream.script_prompt("watch me write", then="hang", after=1)
    with site.client("alice") as watcher, site.client("alice") as other, watching(watcher) as news:
        with other.stream("POST", "/api/chat/stream", json={"message": "watch me write", "model": MODEL}) as response:
            start = next(parse(response.iter_lines()))[1]
            name = start["conversation_id"]
            seen = until(news, name, streaming=start["generation_id"])
            assert seen["title"] == "watch me write"
            other.post(f"/api/generations/{start['generation_id']}/stop")
        until(news, name, streaming=None)
        path = f"/api/conversations/{name}"
        shown = other.patch(path, json={"title": "Watched", "pinned": True}).json()
        assert until(news, name, title="Watched", pinned=True).items() <= shown.items()
        other.delete(path)
        assert next(event for _, event in news if event["type"] == "removed") == {"type": "removed", "id": name}
        other.post(f"{path}/restore")
        until(news, name, title="Watched")


def test_nobody_sees_the_lists_of_others_nor_what_is_temporary(site: Site) -> None:
    # Somebody of whom no other test has told anything a moment ago.
    with site.client("alice") as alice, person(site, "ned") as ned, watching(ned) as news:
        ask(alice, "not for Ned")
        ask(ned, "in no list", temporary=True)
        mine = ask(ned, "for Ned")
        first = next(news)[1]["conversation"]
        assert (first["id"], first["title"]) == (mine, "for Ned")


def test_who_comes_back_is_told_what_was_missed(site: Site) -> None:
    with person(site, "frances") as frances:
        with watching(frances) as news:
            first = ask(frances, "before the gap")
            place = next(news)[0]
        missed = ask(frances, "in the gap")
        with watching(frances, headers={"Last-Event-ID": str(place)}) as news:
            until(news, missed)
        assert first != missed
        assert frances.get("/api/events", params={"after": "x"}).status_code == 400
        for later in ("9" * 15, str(int(time.time() * 1000) + 3_600_000)):
            assert frances.get("/api/events", params={"after": later}).status_code == 400
        site.shell(f"Conversation.objects.filter(pk={first!r}).update(changed_at='2026-01-01T00:00Z')")
        with watching(frances, params={"after": "1"}) as news:
            # From so long ago nothing is told: first comes what is new.
            assert next(news)[1]["conversation"]["id"] == missed


def test_a_list_is_open_only_so_often_and_closing_it_makes_room(site: Site) -> None:
    with person(site, "gina") as gina, ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(watching(stack.enter_context(site.client("gina"))))
        refused = gina.get("/api/events")
        assert refused.status_code == 429
        stack.close()
        for _ in range(200):
            with gina.stream("GET", "/api/events") as response:
                if response.status_code == 200:
                    break
        assert response.status_code == 200


def assert_shown_out(news: News) -> None:
    """The list ends, and says why."""
    ((_, last),) = news
    assert (last["type"], last["retryable"]) == ("error", False)
    assert "withdrawn" in last["message"]


def test_who_is_deactivated_is_shown_the_door(site: Site) -> None:
    with person(site, "henry") as henry, watching(henry) as news:
        site.shell("User.objects.filter(username='henry').update(is_active=False)")
        assert_shown_out(news)


def test_a_revoked_key_watches_no_more(site: Site) -> None:
    with person(site, "irene") as irene, watching(irene) as news:
        site.shell("ApiKey.objects.filter(user__username='irene').update(revoked_at='2026-01-01T00:00Z')")
        assert_shown_out(news)


@pytest.mark.parametrize("how", ["signs out", "expires", "gets another password"])
def test_a_feed_ends_with_its_session(site: Site, how: str) -> None:
    name = f"julia{len(how)}"
    with (
        person(site, name) as program,
        closing(site.session(name)) as julia,
        closing(site.session(name)) as elsewhere,
        watching(elsewhere) as others,
        watching(julia) as news,
    ):
        if how == "signs out":
            assert julia.post("/accounts/logout/").status_code == 302
        elif how == "expires":
            key = julia.cookies["sessionid"]
            site.shell(
                "from django.contrib.sessions.models import Session",
                f"Session.objects.filter(pk={key!r}).update(expire_date='2026-01-01T00:00Z')",
            )
        else:
            site.shell(f"user = User.objects.get(username={name!r})", "user.set_password('other')", "user.save()")
        assert_shown_out(news)
        assert julia.get("/api/events").status_code == 401
        if how == "gets another password":
            assert_shown_out(others)
        else:
            until(others, ask(program, "still told"), streaming=None)


def test_the_server_stops_at_once_while_somebody_watches(upstream: Upstream, tmp_path: Any) -> None:
    with (
        Site(tmp_path, {"OPENAI_BASE_URL": upstream.base_url}) as own,
        own.client() as client,
        watching(client) as news,
    ):
        assert own.stop() == 0
        assert list(news) == []


def test_an_open_list_holds_no_database_connection(
    upstream: Upstream, postgres_url: str, redis_url: str, tmp_path: Any
) -> None:
    environment = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "OPENAI_BASE_URL": upstream.base_url,
        "SECRET_KEY": "only-for-this-test-" + "x" * 40,
    }
    with Site(tmp_path / "first", environment) as first:
        first.manage("syncmodels")
        second = Site(tmp_path / "second", environment, people=False)
        second.keys = first.keys
        with second, ExitStack() as stack:
            streams = [
                stack.enter_context(watching(stack.enter_context(second.client(who))))
                for who in ("alice", "bob", "charlie")
                for _ in range(10)
            ]
            # A change in one process reaches who watches another one.
            with first.client("alice") as alice:
                name = ask(alice, "told elsewhere")
            until(streams[0], name, streaming=None)
            busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
            counted = first.shell(
                "from django.db import connection",
                f"cursor = connection.cursor(); cursor.execute({busy!r}); print(cursor.fetchone()[0])",
            )
            # The one that asks.
            assert int(json.loads(counted)) <= 2
