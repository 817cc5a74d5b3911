"""Reserves what an answer may use of its budgets, before it begins and while it grows.

All of it happens under the locks of the budgets' rows, in the order of their ids. See the package for the rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from chat import database
from chat.budgets.demand import Demand
from chat.budgets.status import Owner, free_again, period_name
from chat.errors import ChatError
from chat.models import Budget, Generation, Reservation
from chat.providers.base import CompletionRequest
from chat.usage.estimate import UNTRAINED, TokenRegression, Vector
from chat.usage.ledger import Account

# A reservation without an unfinished generation is an orphan once it is older than any title takes, and than an answer
# whose row is just being written.
ORPHANED_AFTER: Final = timedelta(minutes=5)
# When to ask again where what is left is reserved for others.
AFTER_OTHERS_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class BudgetReservation:
    """What an answer was granted of one hard budget, what is reserved for it, and what its tokens count there.

    `granted` is never more than was left, `reserved` is all that the answer may use; both as the budget counts.
    """

    budget_id: int
    granted: int
    reserved: int
    per_prompt_token: int
    per_answer_token: int

    def answer_tokens(self, prompt_tokens: int) -> int | None:
        """Return how many tokens the answer may have when so many were sent; None where its length costs nothing."""
        if not self.per_answer_token:
            return None
        return (self.granted - prompt_tokens * self.per_prompt_token) // self.per_answer_token


@dataclass(frozen=True, slots=True)
class AnswerReservation:
    """What an answer was granted of its hard budgets before its first request, whose prompt has `prompt_tokens`.

    `longest` is how many tokens that request would take if all budgets had enough; `regression` is what is known of
    the model's tokens.
    """

    budgets: tuple[BudgetReservation, ...]
    prompt_tokens: int
    longest: int
    regression: TokenRegression = field(default_factory=TokenRegression.untrained)

    @property
    def limit(self) -> int | None:
        """How many tokens the provider is to be held to; None where length costs nothing."""
        granted = granted_tokens(self.budgets, self.prompt_tokens)
        return None if granted is None else max(1, min(granted, self.longest))


def granted_tokens(budgets: Iterable[BudgetReservation], prompt_tokens: int) -> int | None:
    """Return how many tokens the answer may have in all; None where its length costs nothing."""
    lengths = [budget.answer_tokens(prompt_tokens) for budget in budgets]
    return min((length for length in lengths if length is not None), default=None)


def reserve_answer(
    account: Account,
    request: CompletionRequest,
    now: datetime,
    regression: TokenRegression = UNTRAINED,
    features: Vector | None = None,
) -> AnswerReservation | None:
    """Reserve what an answer may use of its budgets, within the transaction that writes its rows.

    `features` are the prompt's, where they are known. None where no budget is hard. Raises ChatError `budget`.
    """
    demand = Demand.of(account, request, now, regression, features)
    budgets = reserve(account.user_id, account.api_key_id, account.generation_id, demand, now)
    return AnswerReservation(budgets, demand.prompt_tokens, demand.answer_tokens, regression) if budgets else None


def is_limited(user_id: int, api_key_id: int | None) -> bool:
    """Whether any budget holds for what this user does with this key, or without one. One query where there is none.

    The first query asks only whether any budget exists: most sites have none, and the whole question takes longer.
    """
    return Budget.objects.exists() and Budget.objects.holding_for(user_id, api_key_id).exists()


def reserve(
    user_id: int, api_key_id: int | None, generation_id: UUID, demand: Demand, now: datetime
) -> tuple[BudgetReservation, ...]:
    """Reserve `demand` in each budget that holds, within a transaction. Returns what each hard one granted.

    Raises ChatError `budget` where nothing is left, or not even enough for the prompt.
    """
    holding = Budget.objects.holding_for(user_id, api_key_id).select_related("group", "api_key")
    budgets = list(holding.locked())
    reserved = Reservation.sums(budgets)
    rows, reservations = [], []
    for budget in budgets:
        per_prompt, per_answer = demand.per_token(budget)
        wanted = demand.prompt_tokens * per_prompt + demand.answer_tokens * per_answer
        if budget.hard and (wanted or demand.price is None):
            used, others = budget.used_at(now), reserved[budget.pk]
            left = budget.limit - used - others
            if left <= demand.prompt_tokens * per_prompt:
                raise refusal(budget, used, others, now)
            if wanted:
                reservations.append(BudgetReservation(budget.pk, min(wanted, left), wanted, per_prompt, per_answer))
        rows.append(Reservation(budget=budget, generation_id=generation_id, amount=wanted, created_at=now))
    Reservation.objects.bulk_create(rows)
    return tuple(reservations)


def extend(
    generation_id: UUID,
    before: Iterable[BudgetReservation],
    prompt_tokens: int,
    answer_tokens: int,
    now: datetime,
) -> tuple[BudgetReservation, ...]:
    """Reserve more for an answer under way, within a transaction. Returns what is granted now.

    That is enough for `prompt_tokens` sent in all and `answer_tokens` said, or as much of it as is left. Raises
    ChatError `budget` where nothing more is left.
    """
    held = {each.budget_id: each for each in before}
    # Budgets that were deleted or made soft meanwhile limit nothing any more.
    budgets = list(Budget.objects.filter(pk__in=held, hard=True).select_related("group", "api_key").locked())
    reserved = Reservation.sums(budgets)
    extended = []
    for budget in budgets:
        own = held[budget.pk]
        wanted = prompt_tokens * own.per_prompt_token + answer_tokens * own.per_answer_token
        used, others = budget.used_at(now) + own.granted, reserved[budget.pk] - own.reserved
        more = max(0, min(wanted - own.granted, budget.limit - used - others))
        if wanted > own.granted and not more:
            raise refusal(budget, used, others, now)
        granted = own.granted + more
        extended.append(replace(own, granted=granted, reserved=max(granted, own.reserved)))
        row = Reservation.objects.filter(budget=budget, generation_id=generation_id)
        row.update(amount=extended[-1].reserved)
    return tuple(extended)


@database.writing()
def extend_now(
    generation_id: UUID, before: Iterable[BudgetReservation], prompt_tokens: int, answer_tokens: int
) -> tuple[BudgetReservation, ...]:
    """`extend` in a transaction of its own, now."""
    return extend(generation_id, before, prompt_tokens, answer_tokens, timezone.now())


def release_orphans(now: datetime) -> int:
    """Release what is reserved for answers that are gone, and for titles whose process died. Returns how many rows."""
    under_way = Generation.objects.filter(pk=OuterRef("generation_id"), finished_at__isnull=True)
    orphans = Reservation.objects.filter(~Exists(under_way), created_at__lt=now - ORPHANED_AFTER)
    return orphans.delete()[0]


def refusal(budget: Budget, used: int, reserved: int, now: datetime) -> ChatError:
    """Return the error that says whose budget is used up, and when there is more; `reserved` is for other answers."""
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
    end = budget.end_at(now)
    return ChatError("budget", message, retry_after=(end - now).total_seconds(), retry_at=end)
