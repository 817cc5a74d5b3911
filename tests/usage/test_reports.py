"""The sums over the ledger are exact, complete, and made by the database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User as Account
from pytest_django import DjangoAssertNumQueries

from chat.models import UsageRecord
from chat.usage import reports
from chat.usage.period import Period
from chat.usage.reports import Figures, Model, User
from chat.usage.selection import Selection
from tests.usage.rows import counted, noon, priced_model

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def test_a_period_is_whole_days_of_utc_with_both_ends() -> None:
    period = Period.last_days(7, date(2026, 3, 7))
    assert (period.first, period.last, period.days) == (date(2026, 3, 1), date(2026, 3, 7), 7)
    assert period.start == datetime(2026, 3, 1, tzinfo=UTC)
    assert period.end == datetime(2026, 3, 8, tzinfo=UTC)
    assert list(period)[0::6] == [date(2026, 3, 1), date(2026, 3, 7)]


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    assert Period(date(2026, 3, 1), date(2026, 3, 7)).before == Period(date(2026, 2, 22), date(2026, 2, 28))


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError):
        Period(date(2026, 3, 1), date(2026, 2, 28))


@pytest.mark.parametrize(("month", "last"), [(2, 28), (4, 30), (12, 31)])
def test_a_month_has_all_its_days(month: int, last: int) -> None:
    assert Period.month_of(date(2026, month, 15)) == Period(date(2026, month, 1), date(2026, month, last))


def test_days_without_requests_are_there_with_zeros(db: None) -> None:
    _, price = priced_model()
    counted(noon(2026, 3, 5), price)
    days = reports.by_day(MARCH)
    assert list(days) == list(MARCH)
    assert [day.day for day, found in days.items() if found != Figures()] == [5]


def test_a_day_begins_and_ends_at_midnight_utc(db: None) -> None:
    _, price = priced_model()
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    for moment in (midnight - timedelta(microseconds=1), midnight, midnight + timedelta(hours=23, minutes=59)):
        counted(moment, price)
    counted(MARCH.start - timedelta(microseconds=1), price)
    counted(MARCH.end, price)
    days = reports.by_day(MARCH)
    assert days[date(2026, 3, 4)].requests == 1
    assert days[date(2026, 3, 5)].requests == 2
    assert reports.total(MARCH).requests == 3


def test_sums_are_exact_to_the_last_digit(db: None) -> None:
    _, price = priced_model()
    for _ in range(30):
        counted(noon(2026, 3, 5), price, prompt_tokens=1, completion_tokens=2)
    found = reports.total(MARCH)
    assert found.costs == {"USD": Decimal("0.00009")}
    assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (30, 60, 90)


def test_requests_without_a_price_stand_on_their_own_line(db: None) -> None:
    _, price = priced_model()
    counted(noon(2026, 3, 5), price)
    counted(noon(2026, 3, 5), None)
    found = reports.total(MARCH)
    assert (found.requests, found.unpriced, found.uncosted) == (2, 1, 0)
    assert found.costs == {"USD": Decimal("0.0015")}


def test_nothing_priced_has_no_cost_instead_of_zero(db: None) -> None:
    counted(noon(2026, 3, 5), None)
    assert reports.total(MARCH).costs == {}


def test_tokens_nobody_counted_are_unknown_and_so_is_their_cost(db: None) -> None:
    _, price = priced_model()
    counted(noon(2026, 3, 5), price, prompt_tokens=None, completion_tokens=None, error_type="timeout")
    found = reports.total(MARCH)
    assert (found.total_tokens, found.uncosted, found.unpriced, found.costs) == (None, 1, 0, {})


def test_currencies_are_never_added_up(db: None) -> None:
    _, dollars = priced_model("gpt-4o")
    _, euros = priced_model("mistral", "mistral", "EUR")
    counted(noon(2026, 3, 5), dollars)
    counted(noon(2026, 3, 5), euros)
    found = reports.by_day(MARCH)[date(2026, 3, 5)]
    assert found.costs == {"EUR": Decimal("0.0015"), "USD": Decimal("0.0015")}
    assert found.requests == 2


def test_errors_and_estimates_are_counted(db: None) -> None:
    _, price = priced_model()
    counted(noon(2026, 3, 5), price)
    counted(noon(2026, 3, 5), price, source=UsageRecord.Source.ESTIMATED)
    counted(noon(2026, 3, 5), price, source=UsageRecord.Source.ESTIMATED, error_type="timeout")
    counted(noon(2026, 3, 5), price)
    found = reports.total(MARCH)
    assert (found.errors, found.error_share) == (1, 0.25)
    assert (found.estimated, found.estimated_share) == (2, 0.5)


def test_shares_of_nothing_are_unknown() -> None:
    assert (Figures().estimated_share, Figures().error_share) == (None, None)


def test_a_user_who_was_renamed_is_one_user_by_the_latest_name(db: None) -> None:
    _, price = priced_model()
    counted(noon(2026, 3, 5), price, user_id=7, username="old")
    counted(noon(2026, 3, 6), price, user_id=7, username="new")
    counted(noon(2026, 3, 6), price, user_id=8, username="old")
    assert {user: found.requests for user, found in reports.by_user(MARCH).items()} == {
        User(7, "new"): 2,
        User(8, "old"): 1,
    }


def test_a_deleted_user_stays_in_the_report(db: None) -> None:
    _, price = priced_model()
    account = Account.objects.create_user("gone")
    counted(noon(2026, 3, 5), price, user_id=account.pk, username="gone")
    name = User(account.pk, "gone")
    account.delete()
    assert list(reports.by_user(MARCH)) == [name]


def test_models_are_told_apart_by_provider_and_the_costliest_comes_first(db: None) -> None:
    _, price = priced_model()
    counted(noon(2026, 3, 5), price, provider="cheap", model="m", prompt_tokens=10)
    counted(noon(2026, 3, 5), price, provider="dear", model="m", prompt_tokens=99_999)
    assert list(reports.by_model(MARCH)) == [Model("dear", "m"), Model("cheap", "m")]


def test_a_report_can_be_of_one_users_records(db: None) -> None:
    _, price = priced_model()
    counted(noon(2026, 3, 5), price, user_id=1)
    counted(noon(2026, 3, 5), price, user_id=2)
    assert reports.total(MARCH, Selection(user=2)).requests == 1


def test_every_report_is_one_query_however_long_the_ledger(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, price = priced_model()
    for number in range(40):
        counted(noon(2026, 3, 1 + number % 28), price, user_id=number, username=f"user-{number}", model=f"m-{number}")
    for report in (reports.by_day, reports.by_user, reports.by_model, reports.total):
        with django_assert_num_queries(1):
            report(MARCH)


def test_the_days_add_up_to_the_total(db: None) -> None:
    _, price = priced_model()
    for number in range(1, 20):
        counted(noon(2026, 3, number), price if number % 3 else None, prompt_tokens=number)
    assert sum(reports.by_day(MARCH).values(), Figures()) == reports.total(MARCH)
