"""How much of a person's budgets is used, reserved and left: figures, and the sentences that tell them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Self

from chat.models import Budget, Reservation

# From here on a person is told, and an admin sees the budget among those that are near their end.
NEAR_PERCENT: Final = 80
SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose budget it is, as sentences put it."""

    budget: str
    budget_within: str
    has_used: str

    @classmethod
    def of(cls, budget: Budget) -> Self:
        match budget.scope:
            case Budget.Scope.USER:
                return cls("Your budget", "your budget", "You have used {} of your budget")
            case Budget.Scope.GROUP:
                name = f"the group “{budget.group}”"
            case Budget.Scope.KEY if budget.api_key is not None:
                name = f"the API key “{budget.api_key.name}”"
            case _:
                name = "this site"
        return cls(
            f"The budget of {name}", f"the budget of {name}", f"{name[0].upper()}{name[1:]} has used {{}} of its budget"
        )


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """A budget that holds for somebody, at one moment.

    Amounts are tokens, or money in `unit`; `left` is never negative.

    `percent` is of the amount, rounded down, 100 for an amount of nothing. `note` is a sentence once it is near its
    end, empty before.
    """

    scope: str
    title: str
    period: str
    begins_at: datetime
    ends_at: datetime
    unit: str
    hard: bool
    amount: Decimal
    used: Decimal
    reserved: Decimal
    left: Decimal
    percent: int
    note: str

    @classmethod
    def of(cls, budget: Budget, reserved: int, now: datetime) -> Self:
        used, limit = budget.used_at(now), budget.limit
        percent = used * 100 // limit if limit else 100
        owner, spell = Owner.of(budget), period_name(budget, now)
        said = owner.has_used.format(f"{percent} %")
        return cls(
            scope=budget.scope,
            title=f"{owner.budget} for {spell}",
            period=budget.period,
            begins_at=budget.start_at(now),
            ends_at=budget.end_at(now),
            unit=budget.unit,
            hard=budget.hard,
            amount=budget.amount,
            used=budget.amount_of(used),
            reserved=budget.amount_of(reserved),
            left=budget.amount_of(max(0, limit - used - reserved)),
            percent=percent,
            note=f"{said} for {spell}." if percent >= NEAR_PERCENT else "",
        )

    @property
    def left_of(self) -> str:
        """Such as `$41.50 of $50.00 left`."""
        return f"{_amount(self.left, self.unit)} of {_amount(self.amount, self.unit)} left"


def statuses(user_id: int, api_key_id: int | None, now: datetime) -> list[BudgetStatus]:
    """Return the status of each budget that holds for a user with this key, or without one. At most two queries."""
    holding = Budget.objects.holding_for(user_id, api_key_id).select_related("group", "api_key")
    budgets = list(holding.order_by("period", "pk"))
    reserved = Reservation.sums(budgets)
    return [BudgetStatus.of(budget, reserved[budget.pk], now) for budget in budgets]


def period_name(budget: Budget, now: datetime) -> str:
    """Return `today`, or the month's name."""
    return "today" if budget.period == Budget.Period.DAY else f"{budget.begin_at(now):%B}"


def free_again(budget: Budget, now: datetime) -> str:
    """Return the sentence that says when the period is over."""
    end = budget.end_at(now)
    when = "at 00:00 UTC" if budget.period == Budget.Period.DAY else f"on {end.day} {end:%B} at 00:00 UTC"
    return f"It is free again {when}."


def _amount(amount: Decimal, unit: str) -> str:
    if unit == "tokens":
        return f"{amount:,.0f} tokens"
    places = 2 if not amount or amount >= 1 else max(2, 1 - amount.adjusted())
    number = f"{amount:,.{places}f}"
    return SYMBOLS[unit] + number if unit in SYMBOLS else f"{number} {unit}"
