"""Budgets at work: something is set aside before an answer, more while it grows, and what it took counts at its end.

All of it happens under the locks of the budgets' rows, in the order of their ids. An answer is granted no more of a
hard budget than is left, but sets aside all that it may take: should it go on past its grant until somebody sees it,
nobody else has begun on the same. So answers at once exceed a budget by what one of them sets aside at most.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q

from chat.budgets.status import Owner, free_again, period_name
from chat.errors import ChatError
from chat.models import Budget, Correction, Generation, Reservation, UsageRecord
from chat.models.budgets import TOKENS
from chat.models.money import UNIT
from chat.usage.pricing import UnitPrice

# What an answer sets aside each time it has grown past what it was granted.
ANSWER_TOKENS: Final = 2048
# Older than any title takes, and than an answer whose row is just being written.
ORPHANED_AFTER: Final = timedelta(minutes=5)
# When to ask again where what is left is only set aside.
AFTER_OTHERS_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Need:
    """What an answer may take at most, by estimate; `price` is None where nobody knows it."""

    prompt_tokens: int
    answer_tokens: int
    price: UnitPrice | None

    def per_token(self, budget: Budget) -> tuple[int, int]:
        """Return what a token of the prompt and one of the answer count in this budget."""
        if budget.in_tokens:
            return 1, 1
        if self.price is None or self.price.currency != budget.unit:
            return 0, 0
        # Which tier holds is known at the end; what goes into the cache costs more than what does not.
        rates = [self.price.rates, *(tier.rates for tier in self.price.tiers)]
        prompts = [rate for each in rates for rate in (each.input, each.cache_write, each.long_cache_write) if rate]
        # 6 places per million tokens are whole units of 10^-12 per token.
        return int(max(prompts, default=Decimal(0)).scaleb(6)), int(max(each.output for each in rates).scaleb(6))


@dataclass(frozen=True, slots=True)
class Share:
    """What an answer has been granted of one hard budget and has set aside, and what its tokens count in it."""

    budget_id: int
    granted: int
    set_aside: int
    per_prompt_token: int
    per_answer_token: int

    def answer_tokens(self, prompt_tokens: int) -> int | None:
        """Return how long the answer may become when so much was sent; None where length costs nothing."""
        if not self.per_answer_token:
            return None
        return (self.granted - prompt_tokens * self.per_prompt_token) // self.per_answer_token


def is_limited(user_id: int, api_key_id: int | None) -> bool:
    """Whether any budget holds for what this user does with this key, or without one. One query where there is none.

    The first asks for nobody in particular: most sites have none, and to put the whole question takes longer.
    """
    return Budget.objects.exists() and Budget.objects.holding_for(user_id, api_key_id).exists()


def reserve(user_id: int, api_key_id: int | None, generation_id: UUID, need: Need, now: datetime) -> tuple[Share, ...]:
    """Set aside what an answer may take, within a transaction. Returns what was granted of each hard budget.

    Raises ChatError `budget` where nothing is left, or not even enough for the prompt.
    """
    holding = Budget.objects.holding_for(user_id, api_key_id).select_related("group", "api_key")
    budgets = list(holding.locked())
    reserved = Reservation.sums(budgets)
    rows, shares = [], []
    for budget in budgets:
        per_prompt, per_answer = need.per_token(budget)
        wanted = need.prompt_tokens * per_prompt + need.answer_tokens * per_answer
        if budget.hard and (wanted or need.price is None):
            used, others = budget.used_at(now), reserved[budget.pk]
            left = budget.limit - used - others
            if left <= need.prompt_tokens * per_prompt:
                raise refusal(budget, used, others, now)
            if wanted:
                shares.append(Share(budget.pk, min(wanted, left), wanted, per_prompt, per_answer))
        rows.append(Reservation(budget=budget, generation_id=generation_id, amount=wanted, created_at=now))
    Reservation.objects.bulk_create(rows)
    return tuple(shares)


def extend(
    generation_id: UUID, shares: Iterable[Share], prompt_tokens: int, answer_tokens: int, now: datetime
) -> tuple[Share, ...]:
    """Set aside more for an answer under way, within a transaction. Returns its new shares.

    They reach for `prompt_tokens` sent in all and `answer_tokens` said, or for as much of it as is left. Raises
    ChatError `budget` where nothing more is left.
    """
    held = {share.budget_id: share for share in shares}
    # Some may be gone, or have become soft: those limit nothing any more.
    budgets = list(Budget.objects.filter(pk__in=held, hard=True).select_related("group", "api_key").locked())
    reserved = Reservation.sums(budgets)
    extended = []
    for budget in budgets:
        share = held[budget.pk]
        wanted = prompt_tokens * share.per_prompt_token + answer_tokens * share.per_answer_token
        used, others = budget.used_at(now) + share.granted, reserved[budget.pk] - share.set_aside
        more = max(0, min(wanted - share.granted, budget.limit - used - others))
        if wanted > share.granted and not more:
            raise refusal(budget, used, others, now)
        granted = share.granted + more
        extended.append(replace(share, granted=granted, set_aside=max(granted, share.set_aside)))
        mine = Reservation.objects.filter(budget=budget, generation_id=generation_id)
        mine.update(amount=extended[-1].set_aside)
    return tuple(extended)


def count(
    user_id: int, api_key_id: int | None, generation_id: UUID, records: Iterable[UsageRecord], now: datetime
) -> None:
    """Count what a generation has used, and release what was set aside for it, in the transaction that wrote `records`.

    Budgets made since it began count it too: the ledger's rows come before this looks which ones there are.
    """
    if not Budget.objects.exists():
        return
    holding = Budget.objects.holding_for(user_id, api_key_id).values("pk")
    set_aside = Reservation.objects.filter(generation_id=generation_id)
    budgets = list(Budget.objects.filter(Q(pk__in=holding) | Q(pk__in=set_aside.values("budget"))).locked())
    if not budgets:
        return
    used = list(records)
    for budget in budgets:
        budget.count(sum(_used(record, budget) for record in used), now)
    set_aside.delete()


def _used(record: UsageRecord, budget: Budget) -> int:
    """Return what a request counts in a budget; what nobody knows counts nothing."""
    if budget.in_tokens:
        return (record.prompt_tokens or 0) + (record.completion_tokens or 0)
    return _counts(record.cost, record.currency, budget)


def _counts(cost: Decimal | None, currency: str, budget: Budget) -> int:
    return int(cost / UNIT) if cost is not None and currency == budget.unit else 0


def correct(corrections: Iterable[Correction], now: datetime) -> None:
    """Count what corrections change of periods that run, in the transaction that wrote them."""
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
                used += _counts(change.cost, change.currency, budget)
                used -= _counts(change.cost_before, change.currency_before, budget)
        budget.count(used, now)


def release_orphans(now: datetime) -> int:
    """Release what was set aside for answers that are there no more, and for titles whose process died."""
    under_way = Generation.objects.filter(pk=OuterRef("generation_id"), finished_at__isnull=True)
    orphans = Reservation.objects.filter(~Exists(under_way), created_at__lt=now - ORPHANED_AFTER)
    return orphans.delete()[0]


def refusal(budget: Budget, used: int, reserved: int, now: datetime) -> ChatError:
    """Return the error that says whose budget is used up, and when it is free again; `reserved` is by others."""
    owner = Owner.of(budget)
    spell = period_name(budget, now)
    if used >= budget.limit:
        message = f"{owner.budget} for {spell} is used up. {free_again(budget, now)}"
    elif reserved:
        left = f"What is left of {owner.budget_within} for {spell}"
        message = f"{left} is set aside for answers that are being written. Try again when they have ended."
        return ChatError("budget", message, retry_after=AFTER_OTHERS_SECONDS, retryable=True)
    else:
        left = f"What is left of {owner.budget_within} for {spell}"
        message = f"{left} is too little for this and all that was said before it. {free_again(budget, now)}"
    return ChatError("budget", message, retry_after=(budget.end_at(now) - now).total_seconds())
