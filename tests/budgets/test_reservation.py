"""Budgets: whose, of what, for how long, and whether they only say so; what is set aside, counted, released."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from chat.budgets import reservation as budgets
from chat.budgets import spending
from chat.errors import ChatError
from chat.models import Budget, Price, Reservation
from chat.usage.cost import Rates, UnitPrice
from tests.budgets.person import NOTHING, NOW, THOUSAND, Asked, Person, reserved, stands, used
from tests.usage.rows import record

pytestmark = pytest.mark.django_db


EVERY = list(product(["user", "group", "key", "site"], ["tokens", "USD"], ["day", "month"], [True, False]))


@pytest.mark.parametrize(("scope", "unit", "period", "hard"), EVERY)
def test_every_kind_of_budget_counts_and_refuses_or_warns(
    scope: str, unit: str, period: str, hard: bool, alice: Person, price: Price
) -> None:
    budget = alice.budget(scope, unit, period, hard=hard)
    first = alice.ask(100, 300)
    assert (stands(alice).used, stands(alice).reserved) == (NOTHING, THOUSAND[unit] * 4 / 10)
    assert [share.answer_tokens(100) for share in first.shares] == ([300] if hard else [])
    first.end(price, 100, 700)
    assert (stands(alice).used, stands(alice).reserved) == (THOUSAND[unit] * 8 / 10, NOTHING)
    assert stands(alice).percent == 80
    assert stands(alice).left == THOUSAND[unit] * 2 / 10
    assert "80 % of" in stands(alice).note
    assert ("for today" if period == "day" else "for November") in stands(alice).note
    last = alice.ask(100, 300)
    # Of a hard one no more is granted than is left.
    assert [share.answer_tokens(100) for share in last.shares] == ([100] if hard else [])
    last.end(price, 100, 100)
    if not hard:
        alice.ask(1, 1).end(price, 100, 100)
        assert stands(alice).percent == 120
        return
    with pytest.raises(ChatError) as refused:
        alice.ask(1, 1)
    whose = {
        "user": "Your budget",
        "group": "The budget of the group “friends of alice”",
        "key": "The budget of the API key “key of alice”",
        "site": "The budget of this site",
    }[scope]
    spell, when = ("today", "at 00:00 UTC") if period == "day" else ("November", "on 1 December at 00:00 UTC")
    assert refused.value.message == f"{whose} for {spell} is used up. It is free again {when}."
    end = datetime(2026, 11, 22, tzinfo=UTC) if period == "day" else datetime(2026, 12, 1, tzinfo=UTC)
    assert refused.value.retry_after == (end - NOW).total_seconds()
    assert (refused.value.code, refused.value.http_status, refused.value.retryable) == ("budget", 429, False)
    # The next period begins with nothing used.
    assert stands(alice, end).used == 0
    alice.ask(100, 100, end).end(price, 100, 100, end)
    assert stands(alice, end).percent == 20
    assert budget.begin_at(end) == Budget.objects.get().begins == end.date()


@pytest.mark.parametrize("scope", ["user", "group", "key"])
def test_somebody_elses_budget_does_not_count(scope: str, alice: Person, price: Price) -> None:
    bob = Person("bob")
    budget = alice.budget(scope, amount=Decimal(1))
    bob.ask(100, 100).end(price, 100, 100)
    assert (used(budget), reserved(budget)) == (0, 0)


def test_the_tightest_of_several_budgets_limits_an_answer_and_all_count_it(alice: Person, price: Price) -> None:
    wide, money = alice.budget("site"), alice.budget("user", "USD")
    tight = alice.budget("group", amount=Decimal(300))
    asked = alice.ask(100, 400)
    assert min(share.answer_tokens(100) or 0 for share in asked.shares) == 200
    asked.end(price, 100, 150)
    assert [used(each) for each in (wide, tight, money)] == [250, 250, 250 * 10**6]
    assert not Reservation.objects.exists()


def test_what_others_set_aside_is_not_granted_twice(alice: Person, price: Price) -> None:
    alice.budget()
    first = alice.ask(100, 500)
    second = alice.ask(100, 500)
    assert [share.granted for share in second.shares] == [400]
    with pytest.raises(ChatError, match="set aside for answers that are being written") as refused:
        alice.ask(100, 500)
    assert refused.value.retryable
    # The second may be beyond its grant before anybody sees it: what it might take is given to nobody else.
    first.end(price, 100, 100)
    assert [share.granted for share in alice.ask(100, 500).shares] == [200]


def test_a_crowd_goes_beyond_by_one_reservation_even_if_nobody_keeps_to_a_grant(alice: Person, price: Price) -> None:
    budget = alice.budget()
    under_way: list[Asked] = []
    for number in range(200):
        try:
            under_way.append(alice.ask(10, 90))
        except ChatError:
            under_way.pop(number % len(under_way)).end(price, 10, 80 + number % 11)
        if used(budget) >= 1000:
            break
    for asked in under_way:
        asked.end(price, 10, 90)
    assert 1000 <= used(budget) <= 1000 + 100


def test_a_prompt_that_needs_more_than_is_left_is_refused(alice: Person) -> None:
    budget = alice.budget()
    with pytest.raises(ChatError, match="too little for this"):
        alice.ask(1000, 1)
    assert reserved(budget) == 0


def test_a_budget_of_nothing_allows_nothing(alice: Person) -> None:
    alice.budget(amount=Decimal(0))
    with pytest.raises(ChatError, match="Your budget for today is used up"):
        alice.ask(1, 1)
    assert (stands(alice).percent, stands(alice).left) == (100, NOTHING)


def test_free_models_and_other_currencies_take_nothing_of_money(alice: Person, price: Price) -> None:
    budget = alice.budget("user", "USD", amount=Decimal(0))
    for other in (UnitPrice(Rates(Decimal(0), Decimal(0)), "USD"), UnitPrice(Rates(Decimal(1), Decimal(1)), "EUR")):
        assert alice.ask(10, 10, price=other).shares == ()
    # What nobody knows may cost anything.
    with pytest.raises(ChatError):
        alice.ask(10, 10, price=None)
    row = record(NOW, price, currency="EUR")
    spending.settle(alice.user.pk, None, uuid4(), [row], NOW)
    assert used(budget) == 0


def test_a_growing_answer_is_granted_more_until_nothing_is_left(alice: Person) -> None:
    budget = alice.budget()
    asked = alice.ask(100, 200)
    (share,) = shares = budgets.extend(asked.name, asked.shares, 100, 400, NOW)
    assert (share.answer_tokens(100), reserved(budget)) == (400, 500)
    (share,) = shares = budgets.extend(asked.name, shares, 100, 5000, NOW)
    assert (share.answer_tokens(100), reserved(budget)) == (900, 1000)
    with pytest.raises(ChatError, match="Your budget for today is used up"):
        budgets.extend(asked.name, shares, 100, 5000, NOW)
    Budget.objects.update(hard=False)
    assert budgets.extend(asked.name, shares, 100, 5000, NOW) == ()


def test_what_was_set_aside_for_a_title_whose_process_died_is_released(alice: Person) -> None:
    budget = alice.budget()
    asked = alice.ask(100, 400, NOW)
    assert budgets.release_orphans(NOW) == 0
    assert reserved(budget) == 500
    assert budgets.release_orphans(NOW + timedelta(minutes=6)) == 1
    assert asked.shares
    assert reserved(budget) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "user"},
        {"scope": "site", "user": True},
        {"scope": "planet"},
        {"scope": "site", "amount": Decimal(-1)},
        {"scope": "site", "amount": Decimal(10_000_000)},
        {"scope": "site", "period": "year"},
        {"scope": "site", "unit": ""},
    ],
)
def test_the_database_refuses_a_budget_that_makes_no_sense(wrong: dict[str, object], alice: Person) -> None:
    values = {"amount": 1, **wrong, **({"user": alice.user} if wrong.get("user") else {})}
    with pytest.raises(IntegrityError), transaction.atomic():
        Budget.objects.create(**values)
    with pytest.raises(ValidationError):
        Budget(**values).full_clean()


@pytest.mark.parametrize("scope", ["user", "group", "key", "site"])
def test_there_is_one_budget_of_a_kind(scope: str, alice: Person) -> None:
    alice.budget(scope)
    alice.budget(scope, hard=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        alice.budget(scope)


def test_half_a_token_is_none() -> None:
    with pytest.raises(ValidationError, match="Tokens are counted whole"):
        Budget(scope="site", unit="tokens", amount=Decimal("0.5")).full_clean()


def test_without_budgets_one_look_is_all_it_costs(alice: Person, price: Price) -> None:
    with CaptureQueriesContext(connection) as before:
        assert not budgets.is_limited(alice.user.pk, None)
    with CaptureQueriesContext(connection) as after:
        spending.settle(alice.user.pk, None, uuid4(), [], NOW)
    assert (len(before), len(after)) == (1, 1)
