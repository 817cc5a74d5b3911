"""What a month will have cost: told from the days so far, with a range, or not at all."""

from datetime import date, timedelta
from decimal import Decimal

from chat.usage.forecast import forecast

ONE = Decimal(1)
TODAY = date(2026, 3, 11)


def days(count: int, *amounts: int) -> dict[date, Decimal]:
    """The days before TODAY, oldest first, each with the next of the amounts."""
    first = TODAY - timedelta(days=count)
    return {first + timedelta(days=number): ONE * amounts[number % len(amounts)] for number in range(count)}


def test_before_three_complete_days_there_is_none() -> None:
    assert forecast({}, TODAY) is None
    assert forecast({**days(2, 5), TODAY: ONE}, TODAY) is None
    assert forecast(days(3, 5), TODAY) is not None


def test_days_that_are_all_the_same_leave_no_doubt() -> None:
    told = forecast(days(10, 2), TODAY)
    assert told is not None
    assert (told.spent, told.days) == (ONE * 20, 10)
    assert told.low == told.likely == told.high == 62


def test_the_more_days_differ_the_wider_is_the_range() -> None:
    even, uneven = forecast(days(8, 4, 6), TODAY), forecast(days(8, 10, 0), TODAY)
    assert even is not None
    assert uneven is not None
    assert even.likely == uneven.likely
    assert uneven.low < even.low < even.likely < even.high < uneven.high


def test_weekends_are_told_apart_once_there_are_two_weeks() -> None:
    costs = {day: Decimal(0 if day.weekday() >= 5 else 10) for day in days(28, 1)}
    told = forecast(costs, TODAY)
    assert told is not None
    # March 2026 has 22 working days.
    assert told.low == told.likely == told.high == 220


def test_a_day_that_is_not_over_is_counted_as_a_whole_one() -> None:
    told = forecast({**days(10, 2), TODAY: ONE}, TODAY)
    assert told is not None
    assert (told.spent, told.likely) == (ONE * 21, ONE * 62)


def test_it_is_never_less_than_what_was_spent() -> None:
    told = forecast({**days(3, 0, 1), date(2026, 3, 1): Decimal(1000)}, TODAY)
    assert told is not None
    assert told.low >= told.spent


def test_days_longer_ago_than_four_weeks_say_nothing() -> None:
    assert forecast({TODAY - timedelta(days=40): Decimal(999), **days(28, 2)}, TODAY) == forecast(days(28, 2), TODAY)
