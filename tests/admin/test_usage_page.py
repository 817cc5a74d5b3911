"""The usage page: who may see it, what it sums, and what it says when something is missing."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import UsageRecord
from tests.usage.rows import priced_model, record

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
        record(now, price, prompt_tokens=1_000_000, completion_tokens=500_000)
    for _ in range(2):
        record(now - timedelta(days=7), price, prompt_tokens=1_000_000, completion_tokens=500_000)
    page = text(browser.get(PAGE, {"days": 7}))
    assert "Cost, USD $4.50 +50 % on the 7 days before" in page
    assert "Requests 3 +50 % on the 7 days before" in page
    assert "Tokens 4,500,000 +50 % on the 7 days before 3,000,000 in, 1,500,000 out" in page


def test_an_empty_period_says_so(browser: Client) -> None:
    page = text(browser.get(PAGE))
    assert "Nobody asked a model anything in this period." in page
    assert "Cost —" in page


def test_requests_without_a_price_are_named_and_lead_to_where_one_is_added(browser: Client) -> None:
    model, price = priced_model("llama3")
    for _ in range(3):
        record(timezone.now(), None, model="llama3")
    price.delete()
    response = browser.get(PAGE)
    assert "3 requests to llama3 have no price. Add a price" in text(response)
    assert f'href="/admin/chat/price/add/?model={model.pk}"' in response.content.decode()


def test_requests_from_before_a_models_first_price_are_told_as_such(browser: Client) -> None:
    priced_model("llama3")
    record(timezone.now(), None, model="llama3")
    page = text(browser.get(PAGE))
    assert "1 request to llama3 came before it had a price." in page
    assert "Add a price" not in page


def test_requests_whose_tokens_nobody_counted_are_named(browser: Client) -> None:
    _, price = priced_model()
    record(timezone.now(), price, prompt_tokens=None, error_type="timeout")
    assert "1 request failed before the tokens were counted; the cost is unknown." in text(browser.get(PAGE))


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
    record(datetime(2026, 1, 31, 23, 59, tzinfo=UTC), price)
    record(datetime(2026, 2, 1, tzinfo=UTC), price)
    page = text(browser.get(PAGE, {"first": "2026-01-01", "last": "2026-01-31"}))
    assert "1 Jan 2026 to 31 Jan 2026" in page
    assert "Requests 1 " in page


def test_an_unknown_number_of_days_is_the_usual_thirty(browser: Client) -> None:
    response = browser.get(PAGE, {"days": "31"})
    assert [name for _, name, chosen in response.context["presets"] if chosen] == ["30 days"]


def test_the_chart_has_a_bar_for_every_day_and_a_name_and_a_description(browser: Client) -> None:
    _, price = priced_model()
    record(timezone.now(), price, prompt_tokens=1_000_000, completion_tokens=1_000_000)
    page = browser.get(PAGE, {"days": 7}).content.decode()
    (drawing,) = re.findall(r'<svg viewBox.*?role="img".*?</svg>', page, re.DOTALL)
    chart = ElementTree.fromstring(drawing)  # noqa: S314 - our own page
    bars = [bar for bar in chart.iter("rect") if bar.get("class") == "bar"]
    assert len(bars) == 7
    assert [bar.get("height") for bar in bars] == ["0.0"] * 6 + ["100.0"]
    ids = {node.get("id"): node.text for node in chart if node.tag in {"title", "desc"}}
    assert ids[(chart.get("aria-labelledby") or "").split()[0]] == "Cost per day, USD"
    assert any("The most was $2.00" in (name or "") for name in ids.values())
    assert all(node.get("style") is None for node in chart.iter())


def test_where_nothing_has_a_price_the_chart_shows_tokens(browser: Client) -> None:
    record(timezone.now(), None)
    assert "Tokens per day" in text(browser.get(PAGE))


def test_each_currency_has_its_own_total_and_chart(browser: Client) -> None:
    record(timezone.now(), priced_model("a")[1])
    record(timezone.now(), priced_model("b", "other", "EUR")[1])
    page = text(browser.get(PAGE))
    assert "Cost, EUR €0.0015" in page
    assert "Cost, USD $0.0015" in page
    assert "Cost per day, EUR" in page
    assert "€0.0015 + $0.0015" in page


def test_names_from_the_ledger_are_never_markup(browser: Client) -> None:
    record(timezone.now(), None, username="<b>bold</b>", model="<i>m</i>")
    page = browser.get(PAGE).content.decode()
    assert "<b>bold</b>" not in page
    assert "<i>m</i>" not in page


def test_the_page_asks_a_fixed_number_of_queries(browser: Client) -> None:
    asked = []
    for first, last in ((0, 5), (5, 50)):
        for number in range(first, last):
            _, price = priced_model(f"m-{number}", f"p-{number}")
            record(timezone.now(), price if number % 2 else None, user_id=number, model=f"m-{number}")
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_table_of_very_many_users_is_cut_and_says_so(browser: Client) -> None:
    now = timezone.now()
    for number in range(103):
        record(now, None, user_id=number, username=f"user-{number}")
    assert UsageRecord.objects.count() == 103
    assert "And 3 more with less." in text(browser.get(PAGE))
