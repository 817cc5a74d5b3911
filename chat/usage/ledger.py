"""Books requests: writes a usage row for each, with its price, and adds it to the sums of its day."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace as change
from datetime import datetime
from typing import Final, Self
from uuid import UUID, uuid4

from django.contrib.auth.models import Group, User

from chat.database import storable_text
from chat.events import Usage
from chat.models import Generation, Price, UsageRecord
from chat.models.money import MOST_MONEY
from chat.models.usage import FORMER_USER, FORMER_USER_ID
from chat.usage import totals
from chat.usage.cost import Cost, UnknownRateError, cost_of
from chat.usage.price_context import context_of
from chat.usage.prices import price_in_force, unit_price
from chat.usage.token_counts import Spent, counted_usage
from chat.usage.vocabulary import TokenEstimator

# How much is kept of a provider's own word for an end.
LONGEST_DETAIL: Final = 100

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """On whose account a generation goes, by what everything was called when it began."""

    user_id: int
    username: str
    api_key_id: int | None
    api_key_name: str
    conversation_id: UUID
    message_id: UUID
    generation_id: UUID
    model_id: int | None
    model: str
    provider: str
    group: str = ""
    kind: UsageRecord.Kind = UsageRecord.Kind.ANSWER

    @classmethod
    def of(cls, generation: Generation, group: str = "") -> Self:
        """Return the account of a generation whose model is still there; its owner's `paying_group` pays."""
        model, key, answer = generation.model, generation.api_key, generation.message
        return cls(
            user_id=generation.owner_id,
            username=generation.owner.username,
            api_key_id=key.pk if key else None,
            api_key_name=key.name if key else "",
            conversation_id=answer.conversation_id,
            message_id=answer.pk,
            generation_id=generation.pk,
            model_id=model.pk if model else None,
            model=answer.model,
            provider=model.provider.name if model else "",
            group=group,
        )


def paying_group(user_id: int) -> str:
    """Return the group that a user's requests are counted for: the first by name, so that sums add up; or empty."""
    groups = Group.objects.filter(user=user_id).order_by("name")
    return groups.values_list("name", flat=True).first() or ""


def book(account: Account, attempts: Iterable[Spent], now: datetime, *, is_there: bool = False) -> list[UsageRecord]:
    """Write a usage row for each attempt that reached the provider and add them to the day's sums, in a transaction.

    Returns the rows. `is_there`: the caller holds a lock that keeps the account's user from being deleted meanwhile.
    """
    sent = [(number, spent) for number, spent in enumerate(attempts, start=1) if spent.sent]
    return _records(account if is_there else _named(account), sent, now) if sent else []


def _named(account: Account) -> Account:
    """Return the account, or "a former user"'s where its user is gone; who is there stays for the transaction."""
    if list(User.objects.select_for_update().filter(pk=account.user_id).values_list("pk")):
        return account
    gone = {"conversation_id": uuid4(), "message_id": uuid4(), "generation_id": uuid4()}
    nobody = {"user_id": FORMER_USER_ID, "username": FORMER_USER, "api_key_id": None, "api_key_name": ""}
    return change(account, **nobody, **gone)  # type: ignore[arg-type]


def _records(account: Account, sent: Iterable[tuple[int, Spent]], now: datetime) -> list[UsageRecord]:
    estimator = TokenEstimator(account.provider, account.model)
    records = [_record(account, spent, number, now, estimator) for number, spent in sent]
    for record in records:
        record.save()
    totals.count(records)
    estimator.store()
    return records


def _record(account: Account, spent: Spent, attempt: int, now: datetime, estimator: TokenEstimator) -> UsageRecord:
    usage, source = counted_usage(spent, estimator)
    price, cost = _priced(account, usage, spent.asked_at or now)
    told = usage.cost
    if cost is None and told is not None:
        # What nobody here can tell, the provider did.
        price = None
    return UsageRecord(
        created_at=now,
        asked_at=spent.asked_at,
        kind=account.kind,
        user_id=account.user_id,
        username=account.username,
        group=account.group,
        api_key_id=account.api_key_id,
        api_key_name=account.api_key_name,
        conversation_id=account.conversation_id,
        message_id=account.message_id,
        generation_id=account.generation_id,
        attempt=attempt,
        provider=account.provider,
        model=account.model,
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        long_cache_write_tokens=usage.long_cache_write_tokens,
        cache_write_lifetimes=usage.cache_write_lifetimes,
        completion_tokens=usage.completion_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        web_searches=usage.web_searches,
        service_tier=usage.service_tier or "",
        speed=usage.speed or "",
        inference_geo=usage.inference_geo or "",
        input_cost=cost.input if cost else None,
        output_cost=cost.output if cost else None,
        search_cost=cost.search if cost else None,
        cost=cost.total if cost else told,
        cache_saving=cost.saving if cost else None,
        provider_cost=told,
        currency=price.currency if price else "USD",
        price=price,
        source=source,
        finish_reason=spent.finish_reason,
        finish_detail=storable_text(spent.finish_detail or "")[:LONGEST_DETAIL],
        error_type=spent.error.code if spent.error else "",
        ttft_seconds=spent.ttft_seconds,
        elapsed_seconds=spent.elapsed_seconds,
    )


def _priced(account: Account, usage: Usage, at: datetime) -> tuple[Price | None, Cost | None]:
    """Return the price that holds for a request made at a moment, and what it cost; None where that is not known."""
    context = context_of(usage)
    price = price_in_force(account.model_id, at, context) if account.model_id else None
    if price is None and context:
        logger.warning(
            "%s of %s was charged by %s, which has no price: what it cost is unknown.",
            *(account.model, account.provider, context),
        )
    if price is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return price, None
    try:
        cost = cost_of(usage, unit_price(price))
    except UnknownRateError as error:
        logger.warning("%s at %s, %s, is not known: neither is the cost.", error, account.provider, account.model)
        return price, None
    if max(cost.total, abs(cost.saving)) > MOST_MONEY:
        logger.warning("A request to %s at %s would cost more than can be kept.", account.model, account.provider)
        return price, None
    return price, cost
