"""What a request cost: by tier, with searches, and by what the provider says itself."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from msgspec.structs import replace as replaced

from chat.events import Usage
from chat.generation.settlement import settle
from chat.models import Budget, ChatModel, DailyTotal, Price, Provider, UsageRecord
from chat.usage.ledger import Account
from chat.usage.rebuild import rebuild
from tests.usage.account import (
    ANTHROPIC,
    AZURE,
    BEFORE,
    GROQ,
    MILLION,
    NOVEMBER,
    OPENAI,
    RESULT,
    SPENT,
    asked,
    charged,
    record_of,
    served_by,
    with_usage,
)

pytestmark = pytest.mark.django_db


def test_what_was_written_to_the_cache_has_a_price_of_its_own(account: Account) -> None:
    million = {"input_per_million": Decimal("2.5"), "output_per_million": Decimal(10)}
    cache = {"cached_input_per_million": Decimal("1.25"), "cache_write_per_million": Decimal("3.75")}
    Price.objects.create(model=ChatModel.objects.get(), **million, **cache)
    charge = settle(account, with_usage(Usage(1000, 400, 0, cache_write_tokens=200)))
    assert record_of(account).cache_write_tokens == 200
    assert charge is not None
    assert charge.cost == (400 * Decimal("2.5") + 400 * Decimal("1.25") + 200 * Decimal("3.75")) / 1_000_000


def test_without_a_price_the_cost_is_unknown(account: Account) -> None:
    unpriced = ChatModel.objects.create(name="own", upstream_name="own", provider=Provider.objects.get())
    charge = settle(replace(account, model_id=unpriced.pk, model="own"), RESULT)
    assert charge is not None
    assert charge.cost is None
    assert record_of(account).price is None


@pytest.mark.parametrize(
    ("name", "address", "words", "due"),
    [
        # Prompts beyond 272,000 tokens have a price of their own: 20 and 75 by the standard.
        ("gpt-6-astra", OPENAI, {}, "95"),
        ("gpt-6-astra", OPENAI, {"service_tier": "priority"}, "190"),
        ("gpt-6-astra", OPENAI, {"service_tier": "Priority"}, "190"),
        ("gpt-6-astra", OPENAI, {"service_tier": "fast"}, "190"),
        ("gpt-6-astra", OPENAI, {"service_tier": "flex"}, "47.5"),
        ("gpt-6-astra", OPENAI, {"service_tier": "default"}, "95"),
        ("gpt-6-astra", OPENAI, {"service_tier": "auto"}, "95"),
        ("gpt-6-astra", OPENAI, {"service_tier": "standard", "speed": "standard"}, "95"),
        ("gpt-6-astra", OPENAI, {"service_tier": "scale"}, None),
        ("gpt-6-astra", OPENAI, {"service_tier": "priority", "speed": "fast"}, None),
        ("gpt-6-astra", AZURE, {"service_tier": "default"}, "95"),
        # Azure resells at OpenAI's standard prices; what its tiers cost nobody says.
        ("gpt-6-astra", AZURE, {"service_tier": "priority"}, None),
        ("gpt-6-astra", "http://127.0.0.1:4000", {"service_tier": "priority"}, "190"),
        ("claude-opus-5", ANTHROPIC, {}, "30"),
        ("claude-opus-5", ANTHROPIC, {"speed": "fast"}, "60"),
        ("claude-opus-5", ANTHROPIC, {"service_tier": "standard", "inference_geo": "global"}, "30"),
        ("claude-opus-5", ANTHROPIC, {"service_tier": "standard", "inference_geo": "not_available"}, "30"),
        ("claude-opus-5", ANTHROPIC, {"inference_geo": "us"}, None),
        ("claude-opus-5", ANTHROPIC, {"service_tier": "priority"}, None),
        ("llama-3.3-70b-versatile", GROQ, {"service_tier": "on_demand"}, "1.38"),
    ],
)
def test_what_the_provider_charged_by_decides_the_price(
    account: Account,
    name: str,
    address: str,
    words: dict[str, str],
    due: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    account = served_by(account, name, address)
    charge = settle(account, asked(Usage(prompt_tokens=MILLION, completion_tokens=MILLION, **words)))  # type: ignore[arg-type]
    assert charge is not None
    assert charge.cost == (None if due is None else Decimal(due))
    assert charge.service_tier == words.get("service_tier")
    record = record_of(account)
    assert (record.service_tier, record.speed, record.inference_geo) == tuple(
        words.get(word, "") for word in ("service_tier", "speed", "inference_geo")
    )
    # Loudly.
    assert ("has no price" in caplog.text) == (due is None)


def test_a_tier_has_no_price_before_the_data_has_one(account: Account) -> None:
    usage = Usage(prompt_tokens=MILLION, completion_tokens=MILLION, service_tier="priority")
    assert charged(served_by(account, "gpt-6-astra"), usage, BEFORE).cost is None


def test_an_admins_standard_price_says_nothing_of_tiers_and_a_price_for_the_tier_does(account: Account) -> None:
    account = served_by(account, "gpt-6-astra")
    priority = Usage(prompt_tokens=MILLION, completion_tokens=MILLION, service_tier="priority")
    assert charged(account, priority).cost == 190
    amounts = {"input_per_million": Decimal(1), "output_per_million": Decimal(2)}
    rows = ChatModel.objects.get(name="gpt-6-astra").prices
    rows.create(**amounts, valid_from=NOVEMBER)
    assert charged(account, replaced(priority, service_tier=None)).cost == 3
    assert charged(account, priority).cost is None
    rows.create(**amounts, valid_from=NOVEMBER, context="service_tier=priority", currency="EUR")
    found = charged(account, priority)
    assert (found.cost, found.currency) == (Decimal(3), "EUR")


def test_web_searches_are_a_part_of_the_cost(account: Account) -> None:
    account = served_by(account, "claude-opus-5", ANTHROPIC)
    charge = settle(account, asked(Usage(prompt_tokens=1000, completion_tokens=100, web_searches=3)))
    record = record_of(account)
    assert (record.input_cost, record.output_cost, record.search_cost) == tuple(
        map(Decimal, ("0.005", "0.0025", "0.03"))
    )
    assert record.web_searches == 3
    assert charge is not None
    assert charge.cost == record.cost == Decimal("0.0375")


def test_web_searches_without_a_price_make_the_cost_unknown(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    assert charged(account, Usage(prompt_tokens=1000, completion_tokens=100, web_searches=1)).cost is None
    assert "The price of web searches" in caplog.text
    row = UsageRecord.objects.get()
    assert row.price is not None
    assert (row.input_cost, row.output_cost, row.search_cost) == (None, None, None)
    assert charged(account, Usage(prompt_tokens=1000, completion_tokens=100, web_searches=0)).cost == Decimal("0.0035")


def test_what_the_provider_says_it_costs_is_kept_beside_our_own(account: Account) -> None:
    told = Decimal("0.00123456789012345")
    charge = settle(account, asked(Usage(prompt_tokens=1000, completion_tokens=100, cost=told)))
    record = record_of(account)
    assert (record.cost, record.provider_cost) == (Decimal("0.0035"), Decimal("0.001234567890"))
    assert charge is not None
    assert (charge.cost, charge.provider_cost) == (record.cost, record.provider_cost)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(prompt_tokens=1000, completion_tokens=100, cost=Decimal("0.25"), service_tier="scale"),
        Usage(prompt_tokens=1000, completion_tokens=100, cost=Decimal("0.25"), web_searches=2),
    ],
    ids=["tier", "searches"],
)
def test_where_no_price_is_known_the_providers_counts_and_so_it_does_in_budgets_and_sums(
    account: Account, usage: Usage
) -> None:
    budget = Budget.objects.create(scope="site", unit="USD", amount=1)
    account = replace(account, generation_id=uuid4())
    charge = settle(account, asked(usage))
    record = record_of(account)
    assert (record.cost, record.price, record.input_cost) == (Decimal("0.25"), None, None)
    assert charge is not None
    assert (charge.cost, charge.currency, charge.cache_saving) == (Decimal("0.25"), "USD", None)
    budget.refresh_from_db()
    assert budget.amount_of(budget.used) == Decimal("0.25")
    day = DailyTotal.objects.get()
    assert (day.unpriced, day.uncosted, day.cost_millionths) == (0, 0, 250_000)
    assert list(rebuild(check=True)) == []


@pytest.mark.parametrize("told", ["NaN", "Infinity", "-1", "1e12"])
def test_a_price_that_is_none_is_not_kept(account: Account, told: str) -> None:
    charge = settle(account, asked(Usage(prompt_tokens=1000, completion_tokens=100, cost=Decimal(told))))
    assert charge is not None
    assert (charge.cost, charge.provider_cost) == (Decimal("0.0035"), None)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"cost": Decimal(1)}, "usage_cost_is_the_sum"),
        ({"input_cost": None}, "usage_cost_is_the_sum"),
        ({"search_cost": Decimal(1)}, "usage_cost_is_the_sum"),
        ({"price": None}, "usage_cost_has_price"),
        ({"provider_cost": Decimal(-1)}, "usage_provider_cost_not_negative"),
    ],
)
def test_the_database_holds_that_a_cost_is_the_sum_of_its_parts(
    account: Account, wrong: dict[str, Any], named: str
) -> None:
    settle(account, RESULT)
    row = record_of(account)
    row.pk, row._state.adding, row.generation_id = None, True, uuid4()
    for name, value in wrong.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError, match=named), transaction.atomic():
        row.save()


def test_what_the_cache_saved_is_told_and_may_be_less_than_nothing(account: Account) -> None:
    account = served_by(account, "claude-opus-5", ANTHROPIC)
    first = charged(account, Usage(2000, 0, 0, cache_write_tokens=1500, cache_write_lifetimes={"5m": 1000, "1h": 500}))
    assert first.cache_saving == Decimal("-0.00125") + Decimal("-0.0025")
    assert first.cost == (500 * 5 + 1000 * Decimal("6.25") + 500 * 10) / MILLION
    second = charged(account, Usage(2000, 1500, 0))
    assert second.cache_saving == Decimal("0.00675")
    row = UsageRecord.objects.get(cached_tokens=0)
    assert (row.cache_write_lifetimes, row.cache_saving) == ({"5m": 1000, "1h": 500}, first.cache_saving)


def test_a_charge_sums_up_what_all_its_attempts_wrote_saved_and_were_told(account: Account) -> None:
    one = replace(
        SPENT, usage=Usage(1000, 400, 10, 0, 100, service_tier="default", cost=Decimal("0.5")), asked_at=NOVEMBER
    )
    charge = settle(account, replace(RESULT, attempts=(one, one)))
    assert charge is not None
    assert (charge.cache_write_tokens, charge.service_tier, charge.provider_cost) == (200, "default", Decimal(1))
    assert charge.cache_saving == Decimal("0.001")
    untold = replace(one, usage=Usage(1000, 400, 10, 0, service_tier="flex"))
    mixed = settle(replace(account, generation_id=uuid4()), replace(RESULT, attempts=(one, untold)))
    assert mixed is not None
    assert (mixed.cache_write_tokens, mixed.service_tier, mixed.provider_cost) == (None, None, None)


def test_each_attempt_has_the_price_of_the_moment_at_which_it_was_made(account: Account) -> None:
    account = served_by(account, "deepseek-v4-flash", "https://api.deepseek.com")
    million = replace(SPENT, usage=Usage(prompt_tokens=MILLION, completion_tokens=MILLION))
    moments = [datetime(2026, 11, 27, *time, tzinfo=UTC) for time in ((0, 59), (1, 0), (4, 0), (3, 59), (6, 0))]
    charge = settle(account, replace(RESULT, attempts=tuple(replace(million, asked_at=at) for at in moments)))
    costs = UsageRecord.objects.order_by("attempt").values_list("cost", flat=True)
    assert list(costs) == [Decimal(cost) for cost in ("0.75", "1.5", "0.75", "1.5", "1.5")]
    assert charge is not None
    assert charge.cost == 6


def test_a_cost_that_is_too_large_to_keep_is_unknown_and_the_counts_are_kept(account: Account) -> None:
    Price.objects.create(
        model=ChatModel.objects.get(),
        input_per_million=10**8 - 1,
        output_per_million=1,
        searches_per_thousand=10**8 - 1,
    )
    usage = Usage(prompt_tokens=10**6, completion_tokens=1, web_searches=10**6)
    charge = settle(account, with_usage(usage))
    assert charge is not None
    assert (charge.prompt_tokens, charge.cost) == (10**6, None)
    assert UsageRecord.objects.get().web_searches == 10**6
