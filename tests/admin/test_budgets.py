"""Budgets in the admin: who is near the end, and how to cap somebody."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from chat.models import ApiKey, Budget, Reservation
from tests.usage.rows import priced_model, record

LIST = "/admin/chat/budget/"


def budget(name: str, percent: int, **more: Any) -> Budget:
    """A person's budget of a thousand tokens, so much of it used."""
    made = Budget.objects.create(**{"user": User.objects.create_user(name), "amount": 1000, "unit": "tokens", **more})
    Budget.objects.filter(pk=made.pk).update(used=percent * made.limit // 100)
    return made


def shown(response: Any) -> list[str]:
    return [row.whose for row in response.context["cl"].result_list]


def test_who_is_near_the_end_is_found(browser: Client) -> None:
    budget("idle", 0)
    budget("near", 80)
    budget("spent", 120, unit="USD", amount=Decimal("0.5"), hard=True)
    budget("nothing", 0, amount=0)
    # What the day before used is of no interest any more.
    stale = budget("stale", 100, period="day")
    Budget.objects.filter(pk=stale.pk).update(begins="2026-01-01")
    assert sorted(shown(browser.get(LIST, {"near": "near"}))) == ["near", "nothing", "spent"]
    assert sorted(shown(browser.get(LIST, {"near": "over"}))) == ["nothing", "spent"]
    by_share = browser.get(LIST, {"o": "-9"})
    assert shown(by_share)[:3] == ["spent", "nothing", "near"]
    page = by_share.content.decode()
    assert '<td class="field-percent"><strong>120 %</strong></td>' in page
    assert '<td class="field-used_now">$0.6000</td>' in page


def test_what_is_set_aside_is_not_left(browser: Client) -> None:
    half = budget("half", 50)
    Reservation.objects.create(budget=half, generation_id="6af5a3e0-bed6-4900-85cf-a2ff233c234a", amount=200)
    assert '<td class="field-left">300</td>' in browser.get(LIST).content.decode()
    page = browser.get(f"{LIST}{half.pk}/change/").content.decode()
    assert '<div class="readonly">200</div>' in page


@pytest.mark.parametrize("scope", ["user", "group", "key", "site"])
def test_a_budget_is_made_for_anybody_and_begins_with_what_was_used(scope: str, browser: Client, boss: User) -> None:
    _, price = priced_model()
    group = Group.objects.create(name="everybody")
    boss.groups.add(group)
    key = ApiKey.issue(boss, "program")[0]
    record(timezone.now(), price, user_id=boss.pk, username="boss", api_key_id=key.pk, api_key_name="program")
    whose = {"user": {"user": boss.pk}, "group": {"group": group.pk}, "key": {"api_key": key.pk}, "site": {}}[scope]
    data = {"scope": scope, "amount": "12.50", "unit": "USD", "period": "month", "hard": "on", **whose}
    assert browser.post(f"{LIST}add/", data).status_code == 302
    made = Budget.objects.get()
    assert (made.scope, made.amount, made.hard, made.used) == (scope, Decimal("12.50"), True, 1500 * 10**6)
    assert LogEntry.objects.get().action_flag == ADDITION


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": ""},
        {"scope": "site"},
        {"scope": "group"},
        {"amount": "-1"},
        {"unit": "tokens", "amount": "1.5"},
        {"unit": "furlongs"},
        {"amount": "9000001"},
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_with_a_sentence(
    wrong: dict[str, str], browser: Client, boss: User
) -> None:
    data = {"scope": "user", "user": boss.pk, "amount": "1", "unit": "USD", "period": "day"}
    response = browser.post(f"{LIST}add/", data | wrong)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert not Budget.objects.exists()


def test_the_same_budget_twice_is_refused_with_a_sentence(browser: Client, boss: User) -> None:
    data = {"scope": "user", "user": boss.pk, "amount": "1", "unit": "USD", "period": "day"}
    assert browser.post(f"{LIST}add/", data).status_code == 302
    assert "There is such a budget already." in browser.post(f"{LIST}add/", data).content.decode()


def test_amounts_are_changed_in_place_and_what_was_counted_stays(browser: Client) -> None:
    one, two = budget("one", 40), budget("two", 40)
    rows = list(browser.get(LIST).context["cl"].result_list)
    data = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "_save": "Save"}
    for number, row in enumerate(rows):
        data |= {f"form-{number}-id": str(row.pk), f"form-{number}-amount": "500" if row.pk == one.pk else "1000"}
    # Something is used while the page is open.
    Budget.objects.filter(pk=one.pk).update(used=450)
    assert browser.post(LIST, data).status_code == 302
    assert Budget.objects.values_list("amount", "used").get(pk=one.pk) == (Decimal(500), 450)
    assert Budget.objects.values_list("amount", "used").get(pk=two.pk) == (Decimal(1000), 400)
    entry = LogEntry.objects.get()
    assert (entry.action_flag, entry.object_id) == (CHANGE, str(one.pk))
    assert "Amount" in entry.get_change_message()


def test_a_change_and_a_deletion_stand_in_the_log(browser: Client) -> None:
    made = budget("one", 40)
    assert browser.post(f"{LIST}{made.pk}/change/", {"amount": "750", "hard": "on"}).status_code == 302
    made.refresh_from_db()
    assert (made.amount, made.hard, made.used, made.unit) == (Decimal(750), True, 400, "tokens")
    assert browser.post(f"{LIST}{made.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Budget.objects.exists()
    assert {entry.action_flag for entry in LogEntry.objects.all()} == {CHANGE, DELETION}


def test_who_may_not_change_budgets_does_not(clerk_browser: Client) -> None:
    made = budget("one", 40)
    for path in (LIST, f"{LIST}add/", f"{LIST}{made.pk}/change/", f"{LIST}{made.pk}/delete/"):
        assert clerk_browser.post(path, {"amount": "9999"}).status_code == 403
    made.refresh_from_db()
    assert made.amount == 1000
