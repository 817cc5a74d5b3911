"""The usage page: who may see it, what it sums, and what it says when something is missing."""

import html
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import ApiKey, ChatModel, Provider, UsageRecord
from tests.usage.rows import counted, priced_model

PAGE = "/admin/usage/"


def text(response: object) -> str:
    """The page as people read it."""
    page = response.content.decode()  # type: ignore[attr-defined]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_visitors_are_sent_to_the_admins_login(visitor_browser: Client) -> None:
    for browser in (Client(), visitor_browser):
        response = browser.get(PAGE)
        assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/admin/usage/")


def test_staff_need_the_right_to_see_the_ledger(clerk_browser: Client) -> None:
    assert clerk_browser.get(PAGE).status_code == 403
    clerk = User.objects.get(username="clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_usagerecord"))
    assert clerk_browser.get(PAGE).status_code == 200


def test_the_admin_leads_to_it_those_who_may_see_it(browser: Client, clerk_browser: Client) -> None:
    assert PAGE in browser.get("/admin/").content.decode()
    assert PAGE not in clerk_browser.get("/admin/").content.decode()


def test_totals_are_shown_with_the_change_against_the_period_before(browser: Client) -> None:
    _, price = priced_model()
    now = timezone.now()
    for _ in range(3):
        counted(now, price, prompt_tokens=1_000_000, completion_tokens=500_000)
    for _ in range(2):
        counted(now - timedelta(days=7), price, prompt_tokens=1_000_000, completion_tokens=500_000)
    counted(now - timedelta(days=14), price)
    page = text(browser.get(PAGE, {"days": 7}))
    assert "Cost, USD $4.50 +50 % on the 7 days before" in page
    assert "Requests 3 +50 % on the 7 days before" in page
    assert "Tokens 4,500,000 +50 % on the 7 days before 3,000,000 in, 1,500,000 out" in page


def test_an_empty_period_says_so(browser: Client) -> None:
    page = text(browser.get(PAGE))
    assert "Nobody asked a model anything in this period." in page
    assert "Cost —" in page


def test_requests_without_a_price_are_named_and_lead_to_where_one_is_added(browser: Client) -> None:
    provider = Provider.objects.create(name="openai")
    model = ChatModel.objects.create(name="llama3", upstream_name="llama3", provider=provider)
    for _ in range(3):
        counted(timezone.now(), None, model="llama3")
    response = browser.get(PAGE)
    assert "3 requests to llama3 have no price. Add a price" in text(response)
    assert f'href="/admin/chat/price/add/?model={model.pk}"' in response.content.decode()


def test_requests_from_before_a_models_first_price_are_told_as_such(browser: Client) -> None:
    priced_model("llama3")
    counted(timezone.now(), None, model="llama3")
    page = text(browser.get(PAGE))
    assert "1 request to llama3 came before it had a price, or by a tier that has none. Look" in page
    assert "Add a price" not in page


def test_requests_whose_tokens_nobody_counted_are_named(browser: Client) -> None:
    _, price = priced_model()
    counted(timezone.now(), price, prompt_tokens=None, error_type="timeout")
    said = "1 request failed before the tokens were counted, or made searches that have no price; the cost is unknown."
    assert said in text(browser.get(PAGE))


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("2026-02-02", "2026-02-01", "The first day must not come after the last."),
        ("2024-01-01", "2026-01-01", "Choose at most 366 days."),
        ("0001-01-01", "0001-01-02", "Choose days from 2000 to today"),
        ("2026-01-01", "9999-12-31", "Choose days from 2000 to today"),
        ("yesterday", "2026-01-01", "From: Enter a valid date."),
        ("2026-01-01", "", "to: This field is required."),
    ],
)
def test_dates_that_make_no_sense_are_answered_with_a_sentence(
    first: str, last: str, sentence: str, browser: Client
) -> None:
    response = browser.get(PAGE, {"first": first, "last": last})
    assert response.status_code == 400
    assert sentence in text(response)


def test_two_dates_choose_a_period(browser: Client) -> None:
    _, price = priced_model()
    counted(datetime(2026, 1, 31, 23, 59, tzinfo=UTC), price)
    counted(datetime(2026, 2, 1, tzinfo=UTC), price)
    page = text(browser.get(PAGE, {"first": "2026-01-01", "last": "2026-01-31"}))
    assert "1 Jan 2026 to 31 Jan 2026" in page
    assert "Requests 1 " in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"days": "31"}, "`days` is one of 1, 7, 30, 90, month."),
        ({"days": "abc"}, "`days` is one of 1, 7, 30, 90, month."),
        ({"user": "alice"}, "`user` is a number, the id of a user."),
        ({"user": "9" * 30}, "`user` is a number, the id of a user."),
        ({"key": "-1"}, "`key` is a number, the id of a key, 0 for none."),
        ({"source": "guess"}, "`source` cannot be “guess”."),
        ({"model": "a\0b"}, "`model` cannot be “a\ufffdb”."),
        ({"form": "2026-01-01"}, "There is nothing called “form” to choose by."),
    ],
)
def test_what_is_not_understood_is_said_and_not_left_out(query: dict[str, str], sentence: str, browser: Client) -> None:
    response = browser.get(PAGE, query)
    assert response.status_code == 400
    assert sentence in html.unescape(text(response))
    assert ", of everybody." in text(response)
    assert [name for _, name, chosen in response.context["presets"] if chosen] == ["30 days"]


def test_a_period_before_the_ledger_begins_is_unknown(browser: Client) -> None:
    assert "nothing in the" not in text(browser.get(PAGE, {"days": 7}))
    _, price = priced_model()
    now = timezone.now()
    counted(now, price)
    counted(now - timedelta(days=9), price)
    began = now.astimezone(UTC).date() - timedelta(days=9)
    page = text(browser.get(PAGE, {"days": 7}))
    assert f"Requests 1 nothing is known from before {began.day} {began:%b %Y}" in page
    assert "on the 7 days before" not in page
    counted(now - timedelta(days=13), price)
    assert "Requests 1 −50 % on the 7 days before" in text(browser.get(PAGE, {"days": 7}))


def test_whoever_is_chosen_can_be_capped(browser: Client, boss: User, clerk_browser: Client) -> None:
    group = Group.objects.create(name="research")
    key = ApiKey.issue(boss, "laptop")[0]
    for query, address in (
        ({"user": boss.pk}, f"?scope=user&user={boss.pk}"),
        ({"group": "research"}, f"?scope=group&group={group.pk}"),
        ({"key": key.pk}, f"?scope=key&api_key={key.pk}"),
    ):
        assert browser.get(PAGE, query).context["cap"].address == f"/admin/chat/budget/add/{address}"
    for nobody in ({}, {"user": 999_999}, {"group": "-"}, {"key": 0}):
        assert browser.get(PAGE, nobody).context["cap"] is None
    may = Permission.objects.filter(codename__in=["view_usagerecord", "view_user"])
    User.objects.get(username="clerk").user_permissions.set(may)
    assert clerk_browser.get(PAGE, {"user": boss.pk}).context["cap"] is None


def test_names_from_the_ledger_are_never_markup(browser: Client) -> None:
    counted(timezone.now(), None, username="<b>bold</b>", model="<i>m</i>")
    page = browser.get(PAGE).content.decode()
    assert "<b>bold</b>" not in page
    assert "<i>m</i>" not in page


def test_the_page_asks_a_fixed_number_of_queries(browser: Client) -> None:
    asked = []
    for first, last in ((0, 5), (5, 50)):
        for number in range(first, last):
            _, price = priced_model(f"m-{number}", f"p-{number}")
            counted(timezone.now(), price if number % 2 else None, user_id=number, model=f"m-{number}")
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE)
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("given", "requests"),
    [
        ({}, 3),
        ({"user": "1"}, 2),
        ({"group": "research"}, 1),
        ({"group": "-"}, 2),
        ({"provider": "cellar"}, 1),
        ({"model": "llama3", "user": "1"}, 1),
        ({"key": "7"}, 1),
        ({"key": "0"}, 2),
        ({"source": "estimated"}, 1),
        ({"user": "nobody", "key": "x"}, 3),
        ({"user": "9" * 30}, 3),
    ],
)
def test_filters_choose_the_same_on_the_page_and_in_the_list_it_leads_to(
    given: dict[str, str], requests: int, browser: Client
) -> None:
    _, price = priced_model()
    counted(timezone.now(), price, api_key_id=7, api_key_name="laptop")
    counted(timezone.now(), None, provider="cellar", model="llama3", source="estimated")
    counted(timezone.now(), price, user_id=2, username="bob", group="research")
    response = browser.get(PAGE, {"days": "7", **given})
    assert f"Requests {requests} " in text(response)
    followed = browser.get(response.context["ledger"])
    assert followed.status_code == 200
    assert followed.context["cl"].result_count == requests


def test_a_filter_by_what_is_gone_is_named_as_it_was_called(browser: Client) -> None:
    counted(timezone.now(), None, user_id=77, username="gone", api_key_id=78, api_key_name="lost")
    page = text(browser.get(PAGE, {"user": "77", "key": "78", "model": "gpt-4o"}))
    assert "User: gone ×" in page
    assert "API key: lost ×" in page


def test_one_users_conversations_are_summed_up_and_lead_to_their_requests(browser: Client) -> None:
    _, price = priced_model()
    talk = uuid4()
    for _ in range(2):
        counted(timezone.now(), price, conversation_id=talk, prompt_tokens=1_000_000, completion_tokens=0)
    counted(timezone.now(), price)
    response = browser.get(PAGE, {"days": "7", "user": "1"})
    (table,) = [table for table in response.context["tables"] if table.caption == "By conversation"]
    assert table.rows[0].name == str(talk)[:8]
    assert table.rows[0].cells[0] == "$2.00"
    assert browser.get(table.rows[0].link).context["cl"].result_count == 2


def test_the_health_of_a_model_tells_its_errors_and_its_latency(browser: Client) -> None:
    for number in range(10):
        counted(timezone.now(), None, ttft_seconds=1.0, error_type="" if number else "timeout")
    rows = browser.get(PAGE, {"days": "7"}).context["health"]
    assert [(row.name, row.is_whole) for row in rows] == [("openai", True), ("gpt-4o", False)]
    for row in rows:
        count, share, _, _, last = row.cells
        assert (count, share) == ("10", "10 %")
        assert last.endswith(" timeout")


def test_the_month_is_a_period_of_its_own(browser: Client) -> None:
    response = browser.get(PAGE, {"days": "month"})
    assert [name for _, name, chosen in response.context["presets"] if chosen] == ["Month"]


def test_a_table_of_very_many_users_is_cut_and_says_so(browser: Client) -> None:
    now = timezone.now()
    for number in range(103):
        counted(now, None, user_id=number, username=f"user-{number}")
    assert UsageRecord.objects.count() == 103
    assert "And 3 more with less." in text(browser.get(PAGE))
