"""Counts in budgets what was used, and what corrections of prices change of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q

from chat.models import Budget, Correction, Reservation, UsageRecord
from chat.models.budgets import TOKENS
from chat.models.money import UNIT


def settle(
    user_id: int, api_key_id: int | None, generation_id: UUID, records: Iterable[UsageRecord], now: datetime
) -> None:
    """Count what a generation used, and release its reservation, in the transaction that wrote `records`.

    Budgets that were made since it began count it too: the ledger's rows are written before this reads the budgets.
    """
    if not Budget.objects.exists():
        return
    holding = Budget.objects.holding_for(user_id, api_key_id).values("pk")
    reserved = Reservation.objects.filter(generation_id=generation_id)
    budgets = list(Budget.objects.filter(Q(pk__in=holding) | Q(pk__in=reserved.values("budget"))).locked())
    if not budgets:
        return
    used = list(records)
    for budget in budgets:
        budget.count(sum(_usage(record, budget) for record in used), now)
    reserved.delete()


def _usage(record: UsageRecord, budget: Budget) -> int:
    """Return what a request counts in a budget; unknown tokens and costs count nothing."""
    if budget.in_tokens:
        return (record.prompt_tokens or 0) + (record.completion_tokens or 0)
    return _units(record.cost, record.currency, budget)


def _units(cost: Decimal | None, currency: str, budget: Budget) -> int:
    return int(cost / UNIT) if cost is not None and currency == budget.unit else 0


def correct(corrections: Iterable[Correction], now: datetime) -> None:
    """Count what corrections change of the periods that still run, in the transaction that wrote them."""
    # No period is longer than a month.
    begin = datetime.combine(now.astimezone(UTC).date().replace(day=1), time.min, UTC)
    changes = [change for change in corrections if change.record.created_at >= begin]
    if not changes or not Budget.objects.exists():
        return
    users = {change.record.user_id for change in changes}
    members = set(User.groups.through.objects.filter(user__in=users).values_list("group_id", "user_id"))
    whose = Q(scope=Budget.Scope.SITE) | Q(user__in=users) | Q(group__in={group for group, _ in members})
    keys = {change.record.api_key_id for change in changes if change.record.api_key_id}
    for budget in Budget.objects.exclude(unit=TOKENS).filter(whose | Q(api_key__in=keys)).locked():
        used = 0
        for change in changes:
            record = change.record
            is_its = budget.scope == Budget.Scope.SITE or (
                record.user_id == budget.user_id
                or (budget.group_id, record.user_id) in members
                or (record.api_key_id is not None and record.api_key_id == budget.api_key_id)
            )
            if is_its and record.created_at >= budget.start_at(now):
                used += _units(change.cost, change.currency, budget)
                used -= _units(change.cost_before, change.currency_before, budget)
        budget.count(used, now)
