"""The ledger over HTTP: one's own page and CSV, and everybody's for those who may see it."""

import csv
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import httpx2
import pytest

from tests.harness.site import PASSWORD, Site
from tests.harness.stream import Event, events, one

MODEL = "gpt-4o-mini"
EXPORT = "/admin/usage/export.csv"


def rows(answer: httpx2.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="usage-')
    return list(csv.DictReader(StringIO(answer.text)))


def text(answer: httpx2.Response) -> str:
    """The page as people read it."""
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@pytest.fixture(scope="module")
def fiona(site: Site) -> Iterator[httpx2.Client]:
    """Somebody who has used nothing but what is asked in this file."""
    site.shell(f"User.objects.create_user('fiona', password={PASSWORD!r})")
    site.keys["fiona"] = site.manage("createapikey", "fiona").split()[-1]
    with closing(site.session("fiona")) as client:
        yield client


@pytest.fixture(scope="module")
def asked(fiona: httpx2.Client) -> list[list[Event]]:
    """The events of two answers."""
    return [events(fiona, message=f"Fiona's {word} question", model=MODEL) for word in ("first", "second")]


def test_a_page_without_requests_says_so(fiona: httpx2.Client) -> None:
    assert "You have not asked anything this month." in text(fiona.get("/usage/"))
    assert rows(fiona.get("/usage/export.csv")) == []


def test_ones_own_sheet_has_ones_own_rows_and_no_others(fiona: httpx2.Client, asked: list[list[Event]]) -> None:
    found = rows(fiona.get("/usage/export.csv"))
    assert {row["user"] for row in found} == {"fiona"}
    answers = {row["generation_id"]: row for row in found if row["kind"] == "answer"}
    for received in asked:
        row, usage = answers[one(received, "start")["generation_id"]], one(received, "usage")
        assert Decimal(row["cost"]) == usage["cost"]
        assert int(row["prompt_tokens"]) == usage["prompt_tokens"]
        assert int(row["completion_tokens"]) == usage["completion_tokens"]


def test_ones_own_page_adds_the_same_rows_up(fiona: httpx2.Client, asked: list[list[Event]]) -> None:
    found = rows(fiona.get("/usage/export.csv"))
    page = text(fiona.get("/usage/"))
    tokens = sum(int(row["prompt_tokens"]) + int(row["completion_tokens"]) for row in found)
    assert f"Tokens {tokens:,} " in page
    assert f"Requests {len(found)} " in page
    assert f"{MODEL} openai {len(found)} {tokens:,} under $0.0001" in page


def test_another_month_is_empty_and_nonsense_is_this_month(fiona: httpx2.Client, asked: list[list[Event]]) -> None:
    now = datetime.now(UTC)
    assert "You asked nothing in January 2024." in text(fiona.get("/usage/?month=2024-01"))
    for month in ("2999-01", "0001-01", "x", "2026-13", "\0"):
        assert f"{now:%B %Y}" in text(fiona.get("/usage/", params={"month": month}))
        # A file would not say of which month it is.
        refused = fiona.get("/usage/export.csv", params={"month": month})
        assert (refused.status_code, refused.json()["error"]["type"]) == (400, "invalid_request")


def test_staff_take_the_sheet_with_a_session_or_a_key(
    site: Site, fiona: httpx2.Client, asked: list[list[Event]]
) -> None:
    mine = rows(fiona.get("/usage/export.csv"))
    today = {"from": f"{datetime.now(UTC):%Y-%m-%d}", "to": f"{datetime.now(UTC):%Y-%m-%d}"}
    chosen = {**today, "user": mine[0]["user_id"]}
    with closing(site.session("admin")) as browser, site.client("admin") as program:
        assert rows(browser.get(EXPORT, params=chosen)) == rows(program.get(EXPORT, params=chosen)) == mine
        assert len(rows(program.get(EXPORT, params=today))) >= len(mine)
        assert rows(program.get(EXPORT, params={"from": "2024-01-01", "to": "2024-01-31"})) == []


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"to": "2026-02-30"},
        {"from": "2026-02-02", "to": "2026-02-01"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
        {"user": "alice"},
        {"key": "-1"},
        {"source": "guess"},
        {"days": "7"},
    ],
)
def test_a_sheet_of_what_makes_no_sense_is_refused_with_a_sentence(site: Site, query: dict[str, str]) -> None:
    with site.client("admin") as program:
        answer = program.get(EXPORT, params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request"


def test_staff_who_may_not_see_the_ledger_cannot_take_it(site: Site) -> None:
    site.shell("User.objects.create_user('porter', is_staff=True)")
    site.keys["porter"] = site.manage("createapikey", "porter", "--scope", "admin").split()[-1]
    with site.client("porter") as program:
        answer = program.get(EXPORT)
    assert (answer.status_code, answer.json()["error"]["type"]) == (403, "forbidden")


def test_what_is_left_of_a_budget_stands_on_ones_page(site: Site, fiona: httpx2.Client) -> None:
    fiona_is = "user=User.objects.get(username='fiona')"
    site.shell(f"Budget.objects.create(scope='user', {fiona_is}, unit='USD', amount=50)")
    try:
        shown = text(fiona.get("/usage/"))
        assert re.search(
            r"What is left Your budget for \w+ \$(49\.99|50\.00) of \$50\.00 left · only a reminder", shown
        )
        assert "What is left" not in text(fiona.get("/usage/?month=2020-01"))
    finally:
        site.shell(f"Budget.objects.filter({fiona_is}).delete()")
