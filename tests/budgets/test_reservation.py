"""Budgets: whose, of what, for how long, and whether they only say so; what is set aside, counted, released."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.budgets import reservation as budgets
from chat.budgets import spending
from chat.budgets.demand import Demand
from chat.budgets.reservation import BudgetReservation
from chat.budgets.status import BudgetStatus, statuses
from chat.errors import ChatError
from chat.models import ApiKey, Budget, Correction, Price, Reservation, UsageRecord
from chat.repricing import apply, repriced
from chat.usage.pricing import Rates, UnitPrice
from tests.usage.rows import priced_model, record

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
# A token of either kind costs a millionth.
PRICE = UnitPrice(Rates(Decimal(1), Decimal(1)), "USD")
# Both are what a thousand tokens are.
NOTHING = Decimal(0)
THOUSAND = {"tokens": Decimal(1000), "USD": Decimal("0.001")}


class Person:
    """Somebody in a group, with a key, who asks for answers."""

    def __init__(self, name: str = "alice") -> None:
        self.user = User.objects.create_user(name)
        self.group = Group.objects.create(name=f"friends of {name}")
        self.user.groups.add(self.group)
        self.key = ApiKey.issue(self.user, f"key of {name}")[0]

    def budget(self, scope: str = "user", unit: str = "tokens", period: str = "day", **more: object) -> Budget:
        """A budget of a thousand tokens, or what they cost, unless told otherwise."""
        owner = {"user": self.user, "group": self.group, "api_key": self.key}.get(
            "api_key" if scope == "key" else scope
        )
        whose = {"api_key" if scope == "key" else scope: owner} if owner else {}
        values = {"amount": THOUSAND[unit], "hard": True, **whose, **more}
        made = Budget.objects.create(scope=scope, unit=unit, period=period, **values)
        Budget.objects.filter(pk=made.pk).update(begins=made.begin_at(NOW))
        made.refresh_from_db()
        return made

    def ask(self, prompt: int, answer: int, now: datetime = NOW, price: UnitPrice | None = PRICE) -> "Asked":
        """Set aside what so many tokens may take."""
        name = uuid4()
        need = Demand(prompt, answer, price)
        return Asked(self, name, budgets.reserve(self.user.pk, self.key.pk, name, need, now))


class Asked:
    """An answer under way."""

    def __init__(self, person: Person, name: UUID, shares: tuple[BudgetReservation, ...]) -> None:
        self.person, self.name, self.shares = person, name, shares

    def end(self, price: Price, prompt: int, answer: int, now: datetime = NOW) -> None:
        """Write what it used, and count it."""
        row = record(now, price, prompt_tokens=prompt, completion_tokens=answer, user_id=self.person.user.pk)
        spending.settle(self.person.user.pk, self.person.key.pk, self.name, [row], now)


@pytest.fixture
def alice() -> Person:
    return Person()


@pytest.fixture
def price() -> Price:
    """Of a model at a millionth for a token of either kind."""
    return priced_model()[1]


def used(budget: Budget) -> int:
    return Budget.objects.get(pk=budget.pk).used


def reserved(budget: Budget) -> int:
    return Reservation.sums([budget])[budget.pk]


def stands(person: Person, now: datetime = NOW) -> BudgetStatus:
    (status,) = statuses(person.user.pk, person.key.pk, now)
    return status


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
