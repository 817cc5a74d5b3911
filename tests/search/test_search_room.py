"""Searching leaves room for everything else: one search for each user, broken off when nobody waits, within bounds."""

import re
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Final

import httpx2
import psycopg
import pytest

from chat import runtime
from chat.search import query
from chat.search.query import Terms, fold
from tests.harness import patience
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream
from tests.server.process import get, memory

TOKEN: Final = "only-for-this-test-of-the-searches"
SECRET: Final = "only-for-this-test-" + "x" * 40
# A place for everything that was ever said, and more to come: no search reaches the end of it.
ENDLESS: Final = """
CREATE VIEW chat_search_place AS WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT 1 FROM numbers)
SELECT -n AS id, 0 AS owner_id, '' AS conversation_id, '' AS message_id FROM numbers
"""
# By its index this one is found; the signs are looked for in the messages themselves.
WORD: Final = "otter"
LETTERS: Final = [chr(number) for number in range(1, sys.maxunicode + 1) if not 0xD800 <= number < 0xE000]
SEARCHERS: Final = ("dora", "emil", "frida")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def searched(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site on each database, on which everybody has said something."""
    environment = {"OPENAI_BASE_URL": upstream.base_url, "SECRET_KEY": SECRET, "CHAT_METRICS_TOKEN": TOKEN}
    if request.param == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    with Site(tmp_path_factory.mktemp(request.param), environment) as site:
        site.shell(
            f"for name in {SEARCHERS!r}:",
            "    row = Conversation.objects.create(owner=User.objects.create(username=name), title='Of animals')",
            f"    Message.objects.create(conversation=row, role='user', content='one {WORD} ☃')",
        )
        site.keys.update({name: site.manage("createapikey", name).split()[-1] for name in SEARCHERS})
        yield site
        assert "Traceback" not in (told := "".join(site.output)), told


@contextmanager
def held(site: Site) -> Iterator[None]:
    """Hold up every search for a word until it is broken off."""
    if "DATABASE_URL" in site.environment:
        with psycopg.connect(site.environment["DATABASE_URL"]) as holding:
            holding.execute("LOCK TABLE chat_message IN ACCESS EXCLUSIVE MODE")
            yield
            holding.rollback()
        return
    with closing(sqlite3.connect(site.data_dir / "db.sqlite3", timeout=20)) as changing:
        changing.execute("ALTER TABLE chat_search_place RENAME TO kept")
        changing.execute(ENDLESS)
        try:
            yield
        finally:
            changing.execute("DROP VIEW chat_search_place")
            changing.execute("ALTER TABLE kept RENAME TO chat_search_place")


def search(site: Site, person: str, query: str) -> httpx2.Response:
    with site.client(person) as client:
        return client.get("/api/conversations", params={"q": query}, timeout=60)


def under_way(site: Site) -> int:
    """Return how many searches wait or run."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    told = httpx2.get(f"{site.url}/metrics", headers=headers, trust_env=False).text
    found = re.search(r'^chatsite_database_jobs\{threads="search"\} ([0-9.]+)$', told, re.MULTILINE)
    return int(float(found[1])) if found else 0


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + patience.SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def begin(site: Site, person: str) -> socket.socket:
    """Begin a search whose answer nobody has read yet."""
    url = httpx2.URL(site.url)
    raw = socket.create_connection((url.host, url.port or 80), timeout=20)
    raw.sendall(get(f"/api/conversations?q={WORD}", f"Authorization: Bearer {site.keys[person]}").encode())
    return raw


def test_others_are_answered_while_every_search_is_held_up(searched: Site) -> None:
    pages = ("/api/conversations", "/api/models", "/healthz", "/usage/")
    with ThreadPoolExecutor() as pool, held(searched):
        searches = [pool.submit(search, searched, person, WORD) for person in SEARCHERS]
        until(lambda: under_way(searched) == len(SEARCHERS))
        with searched.client("bob") as bob:
            assert [bob.get(page, timeout=10).status_code for page in pages] == [200, 200, 200, 302]
        # Each of them ends: a newer one, which the index has no part in, takes its place.
        if "DATABASE_URL" not in searched.environment:
            newer = [pool.submit(search, searched, person, "☃") for person in SEARCHERS]
            assert [each.result(30).status_code for each in newer] == [200] * len(SEARCHERS)
            assert {each.result(30).status_code for each in searches} == {409}
    assert {each.result(30).status_code for each in searches} <= {200, 409}
    until(lambda: under_way(searched) == 0)


def test_a_newer_search_of_the_same_user_takes_the_place_of_the_older(searched: Site) -> None:
    with ThreadPoolExecutor() as pool:
        with held(searched):
            older = []
            for number in range(4):
                older.append(pool.submit(search, searched, "dora", WORD))
                until(lambda number=number: sum(not each.done() for each in older) == 1 and under_way(searched) >= 1)  # type: ignore[misc]
                assert [each.result(20).status_code for each in older[:number]] == [409] * number
            until(lambda: under_way(searched) == 1)
        if "DATABASE_URL" in searched.environment:
            assert older[-1].result(20).status_code == 200
        else:
            assert search(searched, "dora", WORD).status_code == 200
            assert older[-1].result(20).status_code == 409
    refused = older[0].result().json()["error"]
    assert refused["type"] == "conflict"
    assert "Another search" in refused["message"]


def test_a_search_ends_when_its_reader_leaves(searched: Site) -> None:
    with held(searched):
        searches = [begin(searched, person) for person in SEARCHERS]
        until(lambda: under_way(searched) == len(SEARCHERS))
        for each in searches:
            each.close()
        until(lambda: under_way(searched) == 0)
    assert search(searched, "dora", WORD).json()["conversations"] != []


def test_all_of_unicode_is_searched_and_not_kept(searched: Site) -> None:
    searched.shell(
        "import sys",
        "letters = ''.join(chr(n) for n in range(1, sys.maxunicode + 1) if not 0xD800 <= n < 0xE000)",
        "row = Conversation.objects.create(owner=User.objects.get(username='emil'), title='All')",
        "part = len(letters) // 12 + 1",
        "for n in range(12):",
        "    text = letters[n * part : (n + 1) * part]",
        "    Message.objects.create(conversation=row, role='user', content='kapok ' + text)",
        "for n in range(1200):",
        "    Message.objects.create(conversation=row, role='user', content='kapok')",
        "rows = [Conversation(owner=row.owner, title='x') for n in range(60)]",
        "Conversation.objects.bulk_create(rows)",
    )
    before = memory(searched.process.pid)
    found = search(searched, "emil", "kapok").json()["conversations"]
    assert [row["title"] for row in found] == ["All"]
    assert memory(searched.process.pid) - before < 60_000_000


def test_a_text_too_long_to_read_is_found_all_the_same(searched: Site) -> None:
    searched.shell(
        "alice = User.objects.get(username='alice')",
        "rows = [Conversation(owner=alice, title=f'long {n}') for n in range(70)]",
        "Conversation.objects.bulk_create(rows)",
        "text = 'é ' * 99_000",
        "Message.objects.bulk_create(Message(conversation=rows[n], role='user', content='zebu ' + text)"
        " for n in range(60))",
        "Message.objects.bulk_create(Message(conversation=rows[-1], role='user', content='zebu') for n in range(1200))",
    )
    first = search(searched, "alice", "zebu").json()
    with searched.client("alice") as alice:
        rest = alice.get("/api/conversations", params={"q": "zebu", "cursor": first["next_cursor"]}).json()
    names = [row["title"] for row in first["conversations"] + rest["conversations"]]
    assert (len(names), len(set(names)), rest["next_cursor"]) == (61, 61, None)
    for row in first["conversations"]:
        assert row["hits"]
        # What was not read any more begins as it begins.
        assert all(["zebu", True] in hit["snippet"] for hit in row["hits"])


def test_of_a_message_longer_than_anybody_writes_the_beginning_is_read(searched: Site) -> None:
    searched.shell(
        "row = Conversation.objects.create(owner=User.objects.get(username='frida'), title='Endless')",
        "text = 'x ' * 1_050_000 + 'okapi'",
        "Message.objects.create(conversation=row, role='user', content='quokka ' + text)",
    )
    (row,) = search(searched, "frida", "quokka").json()["conversations"]
    assert ["quokka", True] in row["hits"][0]["snippet"]
    # SQLite's index knows all of it. Nobody reads so far to show where it stands.
    for row in search(searched, "frida", "okapi").json()["conversations"]:
        assert not any(is_hit for _, is_hit in row["hits"][0]["snippet"])


def test_folding_forgets_and_stays_right() -> None:
    everything = "".join(LETTERS)
    before = fold(everything)
    assert fold(everything) == before
    assert len(before) == len(everything)
    assert fold("ÀÉÎõü Łódź İ") == "aeiou łodz i"
    assert len(runtime.part(query.FoldedLetters)) <= query.MOST_LETTERS


def test_words_are_compared_once_each() -> None:
    assert Terms.parse("a b a b a").words == ("a", "b", "a")
    assert Terms.parse("天 地 天").words == ("天", "地")
