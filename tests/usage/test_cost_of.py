"""The arithmetic of prices is exact, and never guesses."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.events import Usage
from chat.usage.cost import Cost, Rates, Tier, UnitPrice, cost_of, hourly


def usd(into: Decimal | str, out: Decimal | str, *cache: Decimal | str | None) -> UnitPrice:
    """A price in dollars: input, output, then what the cache costs."""
    return UnitPrice(Rates(Decimal(into), Decimal(out), *(None if c is None else Decimal(c) for c in cache)), "USD")


GPT_4O = usd("2.5", "10", "1.25")

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
    price = usd("2.5", "10")
    assert cost_of(Usage(1000, 400, 0), price) == cost_of(Usage(1000, 0, 0), price)


def test_a_cached_price_of_zero_is_a_price() -> None:
    price = usd("2.5", "10", "0")
    assert cost_of(Usage(1000, 1000, 0), price).total == 0


def test_unreported_cached_tokens_give_no_discount() -> None:
    assert cost_of(Usage(1000, None, 0), GPT_4O) == cost_of(Usage(1000, 0, 0), GPT_4O)


def test_tokens_written_to_the_cache_are_part_of_the_prompt_and_cost_their_own_price() -> None:
    price = usd("3", "15", "0.3", "3.75")
    assert cost_of(Usage(1000, 400, 0, cache_write_tokens=200), price).input == Decimal("0.00207")
    without = usd("3", "15", "0.3")
    assert cost_of(Usage(1000, 0, 0, cache_write_tokens=200), without).input == Decimal("0.003")


def test_what_is_kept_in_the_cache_for_an_hour_has_its_own_price() -> None:
    usage = Usage(1000, 0, 0, cache_write_tokens=300, long_cache_write_tokens=100)
    assert cost_of(usage, usd("3", "15", "0.3", "3.75", "6")).input == Decimal("0.00345")
    # Without a price of its own it costs what else is written.
    assert cost_of(usage, usd("3", "15", "0.3", "3.75")).input == Decimal("0.003225")


def test_a_long_prompt_puts_every_token_of_its_request_into_the_next_tier() -> None:
    long = Tier(1000, Rates(Decimal(6), Decimal(20)))
    longer = Tier(2000, Rates(Decimal(7), Decimal(30)))
    price = UnitPrice(Rates(Decimal(3), Decimal(10)), "USD", (long, longer))
    found = {prompt: cost_of(Usage(prompt, 0, 1), price) for prompt in (1000, 1001, 2000, 2001)}
    assert {prompt: cost.input * 10**6 / prompt for prompt, cost in found.items()} == {
        1000: 3,
        1001: 6,
        2000: 6,
        2001: 7,
    }
    assert [cost.output * 10**6 for cost in found.values()] == [10, 20, 20, 30]


def test_a_price_by_the_hour_is_spread_over_the_tokens_of_an_hour() -> None:
    assert hourly(Decimal("0.90"), 360_000) == Decimal("2.5")
    assert hourly(Decimal(1), 3_000_000) == Decimal("0.333333")
    with pytest.raises(ValueError):
        hourly(Decimal(1), 0)


@pytest.mark.parametrize("usage", [Usage(), Usage(prompt_tokens=1), Usage(completion_tokens=1)])
def test_unknown_counts_have_no_cost_instead_of_none(usage: Usage) -> None:
    with pytest.raises(ValueError, match="not counted"):
        cost_of(usage, GPT_4O)


@pytest.mark.parametrize(
    "usage",
    [
        *(Usage(10, 11, 0), Usage(10, 6, 0, 0, 5), Usage(10, 0, 0, 0, 3, 4)),
        *(Usage(-1, None, 0), Usage(1, None, -1), Usage(1, -1, 1), Usage(9, 0, 1, 0, 0, -1)),
    ],
    ids=["cached", "with written", "kept", "negative prompt", "completion", "negative cached", "negative kept"],
)
def test_counts_that_contradict_themselves_are_refused(usage: Usage) -> None:
    with pytest.raises(ValueError):
        cost_of(usage, GPT_4O)


@pytest.mark.parametrize("price", ["-0.000001", "NaN", "Infinity", "0.0000001"])
def test_a_price_is_a_number_of_at_most_six_places_and_not_negative(price: str) -> None:
    with pytest.raises(ValueError):
        usd("1", "1", price)


def test_one_token_at_the_smallest_price_is_not_lost() -> None:
    price = usd("0.000001", "0.000001")
    assert cost_of(Usage(1, None, 1), price).total == Decimal("0.000000000002")


@given(prompt=counts, cached=counts, completion=counts, one=prices, two=prices, three=prices)
def test_every_cost_is_exact_to_twelve_places(
    prompt: int, cached: int, completion: int, one: Decimal, two: Decimal, three: Decimal
) -> None:
    cached = min(prompt, cached)
    cost = cost_of(Usage(prompt, cached, completion), usd(one, three, two))

    def micros(price: Decimal) -> int:
        return int(price * 10**6)

    picos = (prompt - cached) * micros(one) + cached * micros(two) + completion * micros(three)
    assert int(cost.total.scaleb(12)) == picos
    assert cost.total == cost.input + cost.output
