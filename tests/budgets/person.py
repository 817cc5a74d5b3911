"""Somebody with budgets and a price, and what they ask, for tests of reserving and counting."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group, User

from chat.budgets import reservation as budgets
from chat.budgets import spending
from chat.budgets.demand import Demand
from chat.budgets.reservation import BudgetReservation
from chat.budgets.status import BudgetStatus, statuses
from chat.models import ApiKey, Budget, Price, Reservation
from chat.usage.cost import Rates, UnitPrice
from tests.usage.rows import priced_model, record

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
