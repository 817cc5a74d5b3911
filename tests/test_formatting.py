"""Numbers are written so that people can read them, and unknown is never zero."""

from datetime import date
from decimal import Decimal

import pytest

from chat.views import chart, formatting


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("1234567.891", "$1,234,567.89"),
        ("1", "$1.00"),
        ("0.5", "$0.5000"),
        ("0.0015", "$0.0015"),
        ("0.000012345", "$0.000012"),
        ("0.000000000001", "$0.0000000000010"),
        ("0", "$0.00"),
        ("0E-12", "$0.00"),
    ],
)
def test_small_amounts_keep_the_digits_that_matter(amount: str, shown: str) -> None:
    assert formatting.money(Decimal(amount), "USD") == shown


@pytest.mark.parametrize(("amount", "shown"), [("0.0000009", "under $0.0001"), ("0.0001", "$0.00010"), ("0", "$0.00")])
def test_who_pays_is_told_no_digits_below_a_hundredth_of_a_cent(amount: str, shown: str) -> None:
    assert formatting.cost(Decimal(amount), "USD") == shown


def test_currencies_without_a_sign_are_spelled() -> None:
    assert formatting.money(Decimal(2), "CHF") == "CHF 2.00"


@pytest.mark.parametrize(
    ("number", "shown"), [(None, "—"), (9_999_999, "9,999,999"), (10_000_000, "10.0 M"), (4_839_230_000, "4,839.2 M")]
)
def test_a_number_that_is_too_long_for_a_phone_is_told_in_millions(number: int | None, shown: str) -> None:
    assert formatting.brief(number) == shown


def test_unknown_is_a_dash() -> None:
    assert {
        formatting.money(None, "USD"),
        formatting.count(None),
        formatting.share(None),
        formatting.seconds(None),
    } == {"—"}


@pytest.mark.parametrize(
    ("price", "shown"), [("2.500000", "$2.50"), ("0.075000", "$0.075"), ("10.000000", "$10.00"), ("1000", "$1,000.00")]
)
def test_a_price_keeps_all_its_digits(price: str, shown: str) -> None:
    assert formatting.rate(Decimal(price), "USD") == shown


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [
        (150, 100, "+50 %"),
        (50, 100, "−50 %"),
        (100, 100, "±0 %"),
        (0, 100, "−100 %"),
        (5, 0, ""),
        (2000, 1, "+199,900 %"),
    ],
)
def test_a_change_has_a_sign_and_nothing_before_has_none(now: int, before: int, shown: str) -> None:
    assert formatting.change(now, before) == shown


def test_a_small_share_is_not_rounded_to_nothing() -> None:
    assert (formatting.share(0.004), formatting.share(0.0), formatting.share(0.126)) == ("under 1 %", "0 %", "13 %")


@pytest.mark.parametrize(
    ("value", "top"),
    [("0", "1"), ("1", "1"), ("1.01", "2"), ("2.84", "4"), ("7", "8"), ("9.5", "10"), ("0.0123", "0.02")],
)
def test_a_chart_ends_on_a_round_number(value: str, top: str) -> None:
    assert chart.ceiling(Decimal(value)) == Decimal(top)


def test_a_day_with_very_little_is_still_seen() -> None:
    values = {date(2026, 3, 1): Decimal(0), date(2026, 3, 2): Decimal("0.001"), date(2026, 3, 3): Decimal(1000)}
    drawn = chart.daily("USD", "Cost", values, str)
    assert [bar.height for bar in drawn.bars] == [0.0, 1.0, 100.0]
    assert all(bar.y + bar.height == 100 for bar in drawn.bars)
