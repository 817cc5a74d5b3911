"""What was used is counted in budgets, and corrections of it, in the period that runs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.budgets import spending
from chat.models import Budget, Correction, Price, UsageRecord
from chat.repricing import apply, repriced
from tests.budgets.person import NOW, Person, reserved, stands, used
from tests.usage.rows import priced_model, record

pytestmark = pytest.mark.django_db


def test_an_answer_across_midnight_counts_where_it_ends(alice: Person, price: Price) -> None:
    budget = alice.budget()
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    asked = alice.ask(100, 400)
    assert stands(alice, midnight).reserved == 500
    asked.end(price, 100, 400, midnight)
    # One that was written before, but came later to the lock, belongs to a day that is over.
    alice.ask(100, 400, midnight).end(price, 100, 400, midnight - timedelta(microseconds=1))
    assert (used(budget), Budget.objects.get().begins, reserved(budget)) == (500, midnight.date(), 0)


def test_what_nobody_counted_releases_and_counts_nothing(alice: Person) -> None:
    budget = alice.budget()
    asked = alice.ask(100, 400)
    row = record(NOW, None, prompt_tokens=None, completion_tokens=None)
    spending.settle(alice.user.pk, alice.key.pk, asked.name, [row], NOW)
    assert (used(budget), reserved(budget)) == (0, 0)


def test_a_new_budget_begins_with_what_its_period_has_used(alice: Person, price: Price) -> None:
    bob = Person("bob")
    now = timezone.now()
    mine = {"user_id": alice.user.pk, "username": "alice"}
    record(now, price, **mine)
    record(now, price, **mine, api_key_id=alice.key.pk, api_key_name=alice.key.name)
    record(now, price, user_id=bob.user.pk, username="bob")
    record(now - timedelta(days=32), price, **mine)
    record(now, None, **mine, prompt_tokens=None, completion_tokens=None)
    made = {
        scope: [Budget.objects.create(scope=scope, unit=unit, amount=1000, **whose) for unit in ("tokens", "USD")]
        for scope, whose in (
            ("user", {"user": alice.user}),
            ("group", {"group": alice.group}),
            ("key", {"api_key": alice.key}),
            ("site", {}),
        )
    }
    counted = {scope: tuple(budget.used for budget in each) for scope, each in made.items()}
    assert counted == {
        "user": (3000, 3000 * 10**6),
        "group": (3000, 3000 * 10**6),
        "key": (1500, 1500 * 10**6),
        "site": (4500, 4500 * 10**6),
    }


def test_a_new_budget_begins_with_more_than_a_column_of_money_holds(alice: Person) -> None:
    price = priced_model(currency="IDR")[1]
    dear = Decimal(8_000_000)
    for _ in range(2):
        record(timezone.now(), price, input_cost=dear, output_cost=Decimal(0), cost=dear)
    made = Budget.objects.create(scope="site", unit="IDR", amount=1000)
    assert made.amount_of(made.used) > 9_000_000
    assert Budget.objects.get().used == made.used


def test_a_form_that_was_open_meanwhile_does_not_undo_what_was_counted(alice: Person, price: Price) -> None:
    stale = alice.budget()
    alice.ask(100, 400).end(price, 100, 400)
    stale.amount = Decimal(2000)
    stale.save()
    assert (used(stale), Budget.objects.get().amount) == (500, Decimal(2000))


def test_counting_never_sums_the_ledger(alice: Person, price: Price) -> None:
    alice.budget()
    alice.budget("site", "USD", "month")
    row = record(NOW, price)
    with CaptureQueriesContext(connection) as queries:
        asked = alice.ask(10, 10)
        spending.settle(alice.user.pk, None, asked.name, [row], NOW)
    assert not [query["sql"] for query in queries if UsageRecord._meta.db_table in query["sql"]]


def reprice(price: Price, moments: tuple[datetime, ...], per_million: int, currency: str = "USD") -> None:
    """Enter prices from these moments on, and correct what they change."""
    rates = {"input_per_million": per_million, "output_per_million": per_million, "currency": currency}
    for at in moments:
        Price.objects.create(model=price.model, valid_from=at, **rates)
    apply(list(repriced(None, None)))


@pytest.mark.parametrize("period", ["day", "month"])
@pytest.mark.parametrize("scope", ["user", "group", "key", "site"])
def test_corrections_are_carried_into_the_period_that_runs(
    scope: str, period: str, alice: Person, price: Price
) -> None:
    bob, now = Person("bob"), timezone.now()
    before = now - timedelta(days=31)
    begun, others = made_now(alice, scope, period), made_now(bob, scope, period) if scope != "site" else None
    tokens = made_now(alice, scope, period, "tokens")
    for at, records in ((now, [record(now, price, user_id=alice.user.pk, api_key_id=alice.key.pk)]), (before, [])):
        spending.settle(alice.user.pk, alice.key.pk, uuid4(), records, at)
    record(before, price, user_id=alice.user.pk, api_key_id=alice.key.pk)
    reprice(price, (before, now), 3)
    assert Correction.objects.count() == 2
    assert used(begun) == 4_500_000_000
    assert others is None or used(others) == 0
    assert used(tokens) == 1500
    # Whoever begins later sees what counts by then; what costs another currency counts no more.
    begun.delete()
    begun = made_now(alice, scope, period)
    assert used(begun) == 4_500_000_000
    reprice(price, (before, now), 1, "EUR")
    assert used(begun) == 0


def made_now(person: Person, scope: str, period: str, unit: str = "USD") -> Budget:
    made = person.budget(scope, unit, period)
    Budget.objects.filter(pk=made.pk).update(begins=made.begin_at(timezone.now()))
    return made
