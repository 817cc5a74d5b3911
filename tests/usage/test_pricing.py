"""The arithmetic of prices is exact, and never guesses."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.events import Usage
from chat.usage.pricing import Cost, UnitPrice, cost_of

GPT_4O = UnitPrice(Decimal("2.5"), Decimal("1.25"), Decimal(10), "USD")

counts = st.integers(min_value=0, max_value=2**31 - 1)
prices = st.decimals(min_value=0, max_value=99_999_999, places=6)


def test_input_and_output_are_charged_at_their_own_price() -> None:
    cost = cost_of(Usage(prompt_tokens=1000, completion_tokens=200), GPT_4O)
    assert cost == Cost(input=Decimal("0.0025"), output=Decimal("0.002"))
    assert cost.total == Decimal("0.0045")


def test_cached_tokens_are_part_of_the_prompt_and_cost_their_own_price() -> None:
    cost = cost_of(Usage(prompt_tokens=1000, cached_tokens=400, completion_tokens=0), GPT_4O)
    assert cost.input == Decimal("0.002")


def test_cached_tokens_cost_what_other_input_costs_where_they_have_no_price() -> None:
    price = UnitPrice(Decimal("2.5"), None, Decimal(10), "USD")
    assert cost_of(Usage(1000, 400, 0), price) == cost_of(Usage(1000, 0, 0), price)


def test_a_cached_price_of_zero_is_a_price() -> None:
    price = UnitPrice(Decimal("2.5"), Decimal(0), Decimal(10), "USD")
    assert cost_of(Usage(1000, 1000, 0), price).total == 0


def test_unreported_cached_tokens_give_no_discount() -> None:
    assert cost_of(Usage(1000, None, 0), GPT_4O) == cost_of(Usage(1000, 0, 0), GPT_4O)


def test_tokens_written_to_the_cache_are_part_of_the_prompt_and_cost_their_own_price() -> None:
    price = UnitPrice(Decimal(3), Decimal("0.3"), Decimal(15), "USD", Decimal("3.75"))
    assert cost_of(Usage(1000, 400, 0, cache_write_tokens=200), price).input == Decimal("0.00207")
    without = UnitPrice(Decimal(3), Decimal("0.3"), Decimal(15), "USD")
    assert cost_of(Usage(1000, 0, 0, cache_write_tokens=200), without).input == Decimal("0.003")


@pytest.mark.parametrize("usage", [Usage(), Usage(prompt_tokens=1), Usage(completion_tokens=1)])
def test_unknown_counts_have_no_cost_instead_of_none(usage: Usage) -> None:
    with pytest.raises(ValueError, match="not counted"):
        cost_of(usage, GPT_4O)


@pytest.mark.parametrize(
    "usage",
    [Usage(10, 11, 0), Usage(10, 6, 0, 0, 5), Usage(-1, None, 0), Usage(1, None, -1), Usage(1, -1, 1)],
    ids=["more cached than prompt", "with what was written too", "negative prompt", "completion", "cached"],
)
def test_counts_that_contradict_themselves_are_refused(usage: Usage) -> None:
    with pytest.raises(ValueError):
        cost_of(usage, GPT_4O)


@pytest.mark.parametrize("price", ["-0.000001", "NaN", "Infinity", "0.0000001"])
def test_a_price_is_a_number_of_at_most_six_places_and_not_negative(price: str) -> None:
    with pytest.raises(ValueError):
        UnitPrice(Decimal(1), Decimal(price), Decimal(1), "USD")


def test_one_token_at_the_smallest_price_is_not_lost() -> None:
    price = UnitPrice(Decimal("0.000001"), None, Decimal("0.000001"), "USD")
    assert cost_of(Usage(1, None, 1), price).total == Decimal("0.000000000002")


@given(prompt=counts, cached=counts, completion=counts, one=prices, two=prices, three=prices)
def test_every_cost_is_exact_to_twelve_places(
    prompt: int, cached: int, completion: int, one: Decimal, two: Decimal, three: Decimal
) -> None:
    cached = min(prompt, cached)
    cost = cost_of(Usage(prompt, cached, completion), UnitPrice(one, two, three, "USD"))

    def micros(price: Decimal) -> int:
        return int(price * 10**6)

    picos = (prompt - cached) * micros(one) + cached * micros(two) + completion * micros(three)
    assert int(cost.total.scaleb(12)) == picos
    assert cost.total == cost.input + cost.output
