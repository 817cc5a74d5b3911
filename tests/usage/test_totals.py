"""The sums of each day are those of the ledger: kept row by row, rebuilt, corrected, and never beyond what fits."""

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from bench.ledger import fill
from chat.events import Usage
from chat.generation.settlement import settle
from chat.models import Correction, DailyTotal, Price, UsageRecord
from chat.models.daily import TTFT_ENDS, TTFT_FIELDS
from chat.models.money import joined
from chat.repricing import apply, repriced
from chat.usage.ledger import Account
from chat.usage.rebuild import is_missing, rebuild
from tests.usage.account import RESULT, SPENT
from tests.usage.rows import counted, noon, priced_model, record

pytestmark = pytest.mark.django_db
DAY = noon(2026, 3, 5)


def money(rows: Any) -> Decimal | None:
    found = rows.aggregate(millionths=Sum("cost_millionths"), rest=Sum("cost_rest"))
    return joined(found["millionths"], found["rest"])


def test_an_answer_is_in_its_days_sums_when_it_is_in_the_ledger(account: Account) -> None:
    settle(replace(account, group="research", api_key_id=7, api_key_name="laptop"), RESULT)
    row = DailyTotal.objects.get()
    assert row.day == timezone.now().astimezone(UTC).date()
    assert (row.username, row.group, row.provider, row.model) == ("alice", "research", "openai", "gpt-4o")
    assert (row.api_key_id, row.api_key_name, row.source, row.kind) == (7, "laptop", "provider", "answer")
    assert (row.requests, row.errors, row.unpriced, row.uncosted, row.elapsed_ms) == (1, 0, 0, 0, 2500)
    assert (row.prompt_tokens, row.cached_tokens, row.completion_tokens, row.reasoning_tokens) == (1000, 400, 50, 7)
    assert row.cache_write_tokens is None
    assert money(DailyTotal.objects) == Decimal("0.0025")


def test_each_grain_has_every_request_once(account: Account) -> None:
    paid = replace(account, group="research", api_key_id=7, api_key_name="laptop")
    settle(paid, replace(RESULT, attempts=(SPENT, replace(SPENT, usage=Usage(5, None, 1)))))
    rows = DailyTotal.every_grain.order_by("grain")
    assert {(row.requests, row.prompt_tokens, row.cached_tokens) for row in rows} == {(2, 1005, 400)}
    assert [(row.grain, row.username, row.group, row.provider, row.model, row.api_key_name) for row in rows] == [
        ("finest", "alice", "research", "openai", "gpt-4o", "laptop"),
        ("group", "", "research", "openai", "gpt-4o", ""),
        ("model", "", "", "openai", "gpt-4o", ""),
        ("provider", "alice", "research", "openai", "", ""),
        ("user", "alice", "research", "", "", ""),
    ]
    finest, *coarse = [(bool(row.user_id), row.api_key_id, row.kind) for row in rows]
    assert finest == (True, 7, "answer")
    assert coarse == [(False, 0, ""), (False, 0, ""), (True, 0, ""), (True, 0, "")]


def test_what_nobody_knows_is_no_zero() -> None:
    _, price = priced_model()
    counted(DAY, price, prompt_tokens=None, completion_tokens=None, error_type="timeout")
    counted(DAY, None, model="bare", cached_tokens=3)
    row = DailyTotal.objects.get(model="gpt-4o")
    assert (row.requests, row.errors, row.uncosted, row.unpriced, row.prompt_tokens) == (1, 1, 1, 0, None)
    bare = DailyTotal.objects.get(model="bare")
    assert (bare.unpriced, bare.uncosted, bare.cached_tokens, bare.cost_millionths) == (1, 0, 3, None)
    assert money(DailyTotal.objects) is None


def test_sums_of_money_are_exact_beyond_what_one_number_holds() -> None:
    _, price = priced_model()
    dear = Decimal("9000000.000000000001")
    for number in range(4):
        counted(DAY + timedelta(days=number % 2), price, input_cost=dear, output_cost=Decimal(0), cost=dear)
    assert money(DailyTotal.by_user) == Decimal("36000000.000000000004")
    assert list(rebuild(check=True)) == []


def test_a_first_token_falls_into_the_bucket_that_ends_after_it() -> None:
    _, price = priced_model()
    for seconds in (0.01, TTFT_ENDS[0], 0.3, TTFT_ENDS[-1], 600.0, None):
        counted(DAY, price, ttft_seconds=seconds)
    row = DailyTotal.by_model.get()
    found = {name: getattr(row, name) for name in TTFT_FIELDS if getattr(row, name)}
    assert found == {"ttft_00": 1, "ttft_01": 1, "ttft_07": 1, "ttft_31": 2}
    assert TTFT_ENDS[6] <= 0.3 < TTFT_ENDS[7]


def mixed(count: int) -> None:
    """So many requests of every kind over some days."""
    random = Random(3)  # noqa: S311
    prices = [priced_model(f"m{n}", f"p{n % 2}", "EUR" if n == 2 else "USD")[1] for n in range(3)]
    for number in range(count):
        user = random.randrange(4)
        counted(
            DAY + timedelta(hours=random.randrange(72)),
            random.choice([*prices, None]),
            user_id=user,
            username=f"user-{user}",
            group=random.choice(["", "a"]),
            api_key_id=random.choice([None, 4]),
            source=random.choice(["provider", "estimated"]),
            kind=random.choice(["answer", "title"]),
            prompt_tokens=random.choice([None, number]),
            cached_tokens=random.choice([None, 1]),
            error_type=random.choice(["", "timeout"]),
            ttft_seconds=random.choice([None, random.uniform(0, 3)]),
            elapsed_seconds=random.uniform(0, 9),
        )


def test_the_sums_kept_row_by_row_equal_those_made_anew() -> None:
    mixed(150)
    output = StringIO()
    call_command("rebuildtotals", "--check", stdout=output)
    assert "equal the ledger" in output.getvalue()


def test_what_differs_is_told_and_mended() -> None:
    mixed(20)
    DailyTotal.objects.filter(day=DAY.date()).update(prompt_tokens=1)
    DailyTotal.by_user.filter(day=DAY.date()).delete()
    output = StringIO()
    with pytest.raises(CommandError, match="differ from the ledger") as refused:
        call_command("rebuildtotals", "--check", stdout=output)
    assert refused.value.returncode == 1
    assert "prompt_tokens 1 instead of" in output.getvalue()
    assert DailyTotal.objects.filter(prompt_tokens=1).exists()
    call_command("rebuildtotals", stdout=output)
    call_command("rebuildtotals", "--check", stdout=output)


def test_a_ledger_older_than_its_sums_gets_them() -> None:
    _, price = priced_model()
    assert not is_missing()
    record(DAY, price)
    assert is_missing()
    assert len(list(rebuild())) == len(DailyTotal.Grain)
    assert (DailyTotal.objects.get().requests, is_missing()) == (1, False)


@pytest.mark.parametrize("grain", DailyTotal.Grain.values)
def test_sums_older_than_one_of_their_grains_get_it(grain: str) -> None:
    mixed(20)
    DailyTotal.every_grain.filter(grain=grain).delete()
    assert is_missing()
    list(rebuild())
    assert not is_missing()
    assert list(rebuild(check=True)) == []


def test_the_sums_that_the_benchmark_makes_are_those_of_its_ledger() -> None:
    fill(400, 3)
    assert DailyTotal.objects.count() > 300
    assert list(rebuild(check=True)) == []


def test_the_sums_of_a_ledger_that_were_not_all_made_are_made_at_the_next_start() -> None:
    _, price = priced_model()
    for number in range(5):
        record(DAY + timedelta(days=number), price)
    # The last day has gone on meanwhile.
    counted(DAY + timedelta(days=4), price)
    made = rebuild()
    for _ in range(2 * len(DailyTotal.Grain) + 1):
        next(made)
    assert 0 < DailyTotal.by_model.count() < 5
    assert is_missing()
    list(rebuild())
    assert not is_missing()
    assert list(rebuild(check=True)) == []


def dearer(price: Price) -> None:
    Price.objects.create(
        model=price.model, valid_from=DAY - timedelta(days=1), input_per_million=2, output_per_million=4, currency="USD"
    )


def test_repricing_shows_what_would_change_and_changes_nothing() -> None:
    _, price = priced_model()
    dearer(price)
    counted(DAY, price)
    counted(DAY, price, prompt_tokens=None)
    counted(DAY - timedelta(days=9), price)
    output = StringIO()
    call_command("repriceusage", "--from", "2026-03-01", stdout=output)
    assert "openai · gpt-4o: 1 rows, 0.0015 USD → 0.004 USD, difference +0.0025" in output.getvalue()
    assert "1 rows would be corrected" in output.getvalue()
    assert not Correction.objects.exists()


def test_applied_corrections_stand_beside_the_past_and_are_in_the_sums() -> None:
    _, price = priced_model()
    dearer(price)
    row, bare = counted(DAY, price), counted(DAY, None)
    output = StringIO()
    call_command("repriceusage", "--apply", stdout=output)
    assert "2 corrections were added" in output.getvalue()
    row.refresh_from_db()
    assert row.cost == Decimal("0.0015")
    now = {found.pk: found.charged for found in UsageRecord.objects.corrected()}
    assert now == dict.fromkeys((row.pk, bare.pk), (Decimal("0.004"), "USD"))
    assert money(DailyTotal.by_model) == Decimal("0.008")
    assert DailyTotal.by_model.aggregate(Sum("unpriced"))["unpriced__sum"] == 0
    call_command("rebuildtotals", "--check", stdout=output)
    call_command("repriceusage", "--apply", stdout=output)
    assert "Every row costs what it would cost now." in output.getvalue()


def test_a_row_is_corrected_again_from_what_counts_and_in_another_currency() -> None:
    _, price = priced_model()
    dearer(price)
    counted(DAY, price)
    apply(list(repriced(None, None)))
    Price.objects.create(
        model=price.model,
        valid_from=DAY - timedelta(hours=1),
        input_per_million=1,
        output_per_million=1,
        currency="EUR",
    )
    waiting = list(repriced(None, None))
    apply(waiting)
    # Somebody else's correction came first: nothing is corrected twice.
    apply(waiting)
    assert Correction.objects.count() == 2
    assert money(DailyTotal.objects.filter(currency="USD")) == 0
    assert money(DailyTotal.objects.filter(currency="EUR")) == Decimal("0.0015")
    assert list(rebuild(check=True)) == []
