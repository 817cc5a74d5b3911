"""The one writer of results: the final message, its state and its usage row land in one transaction."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Self
from uuid import UUID

from django.contrib.auth.models import Group
from django.utils import timezone
from msgspec.structs import replace

from chat import database
from chat.errors import ChatError
from chat.events import Charge, Usage
from chat.models import Conversation, Generation, Message, Price, UsageRecord
from chat.usage import budget, totals
from chat.usage.pricelist import price_in_force, unit_price
from chat.usage.pricing import Cost, UnitPrice, cost_of
from chat.usage.vocabulary import Reader

# What of a provider's usage is a number of tokens.
COUNTS: Final = (
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cache_write_tokens",
    "long_cache_write_tokens",
)
# How a request ends whose line was lost or fell silent: the provider may well have worked on it, and billed it.
LOST: Final = frozenset({"network_error", "timeout", "interrupted"})
# The largest value of a PositiveIntegerField that every database keeps.
LARGEST_COUNT: Final = 2**31 - 1
# What the end changes of a generation.
ERROR: Final = ("error_type", "error_message", "error_retryable")
CLOSED: Final = ("finished_at", "outline", "has_gaps", *ERROR, "ttft_seconds", "elapsed_seconds")

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


@dataclass(frozen=True, slots=True)
class Spent:
    """One request that was made: what was sent and said, to estimate from, and what the provider reported.

    Times are in seconds from when the request was made. `error` is None for a regular end and for Stop. `sent` is False
    where it ended before the request left. `thoughts` is what of `said` was reasoning.
    """

    prompt: tuple[str, ...] = field(repr=False)
    said: str = field(repr=False)
    usage: Usage | None
    finish_reason: str
    error: ChatError | None
    ttft_seconds: float | None
    elapsed_seconds: float
    sent: bool = True
    thoughts: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a generation, over all its attempts.

    `outline` is the order of its parts (`Transcript.outline`). `error` is None for a regular end and for Stop.
    `has_gaps`: a piece of it could not be read. Durations are in seconds, from the start of the generation.
    """

    content: str
    reasoning: str
    tool_calls: list[dict[str, Any]]
    outline: list[list[Any]]
    status: Message.Status
    finish_reason: str
    error: ChatError | None
    attempts: tuple[Spent, ...]
    ttft_seconds: float | None
    elapsed_seconds: float
    finish_detail: str = ""
    has_gaps: bool = False


@database.writing()
def settle(account: Account, result: Result) -> Charge | None:
    """Write the result of a generation; the second call for the same one changes nothing.

    Returns what it used and cost, None if it never reached a provider. A conversation deleted in the meantime
    takes its message along, never the usage row.
    """
    now = timezone.now()
    # Conversation first, as whoever deletes it does: locks taken in one order cannot deadlock.
    list(Conversation.objects.select_for_update().filter(pk=account.conversation_id).values_list("pk"))
    generation = Generation.objects.select_for_update().filter(pk=account.generation_id).first()
    if generation is not None and generation.finished_at is not None:
        written = UsageRecord.objects.filter(generation_id=account.generation_id).order_by("attempt")
        return charge_of(written.corrected())
    if generation is not None:
        _close(generation, account, result, now)
    return charge_of(book(account, result.attempts, now))


def book(account: Account, attempts: Iterable[Spent], now: datetime) -> list[UsageRecord]:
    """Write a usage row for each attempt that reached the provider, add them to the day's sums and to the budgets.

    Returns them.
    """
    sent = [(number, spent) for number, spent in enumerate(attempts, start=1) if spent.sent]
    records = _records(account, sent, now) if sent else []
    budget.count(account.user_id, account.api_key_id, account.generation_id, records, now)
    return records


def _records(account: Account, sent: Iterable[tuple[int, Spent]], now: datetime) -> list[UsageRecord]:
    price = price_in_force(account.model_id, now) if account.model_id else None
    rates = unit_price(price) if price else None
    reader = Reader(account.provider, account.model)
    records = [_record(account, spent, number, now, reader, price, rates) for number, spent in sent]
    for record in records:
        record.save()
    totals.count(records)
    reader.store()
    return records


def _close(generation: Generation, account: Account, result: Result, now: datetime) -> None:
    Message.objects.filter(pk=account.message_id).update(
        content=_storable(result.content),
        reasoning=_storable(result.reasoning),
        tool_calls=[
            {name: _storable(part) if isinstance(part, str) else part for name, part in call.items()}
            for call in result.tool_calls
        ],
        status=result.status,
        finish_reason=result.finish_reason,
        finish_detail=result.finish_detail,
    )
    Conversation.objects.filter(pk=account.conversation_id).update(updated_at=now, changed_at=now)
    generation.journal.all().delete()
    generation.finished_at = now
    generation.outline = result.outline
    generation.has_gaps = result.has_gaps
    generation.error_type = result.error.code if result.error else ""
    generation.error_message = result.error.message if result.error else ""
    generation.error_retryable = bool(result.error and result.error.retryable)
    generation.ttft_seconds = result.ttft_seconds
    generation.elapsed_seconds = result.elapsed_seconds
    generation.save(update_fields=CLOSED)


def _storable(text: str) -> str:
    """PostgreSQL's text holds no NUL, and half a surrogate pair is no text anywhere."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _record(
    account: Account,
    spent: Spent,
    attempt: int,
    now: datetime,
    reader: Reader,
    price: Price | None,
    rates: UnitPrice | None,
) -> UsageRecord:
    usage, source = _usage(spent, reader)
    cost = _cost(usage, rates)
    return UsageRecord(
        created_at=now,
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
        completion_tokens=usage.completion_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        input_cost=cost.input if cost else None,
        output_cost=cost.output if cost else None,
        cost=cost.total if cost else None,
        currency=price.currency if price else "USD",
        price=price,
        source=source,
        finish_reason=spent.finish_reason,
        error_type=spent.error.code if spent.error else "",
        ttft_seconds=spent.ttft_seconds,
        elapsed_seconds=spent.elapsed_seconds,
    )


def _usage(spent: Spent, reader: Reader) -> tuple[Usage, UsageRecord.Source]:
    """Return the provider's own counts, with estimates where it was cut off before it could give them.

    They are called estimated as soon as one of them is. A request the provider turned down before the first word is
    not billed, but nothing says so: its counts stay unknown. What the provider says is learnt from. How much of an
    estimate was thought is unknown, too: of one that ended before a word the time that it took may tell.
    """
    reported = _consistent(_countable(spent.usage or Usage()))
    reader.learn(spent.prompt, spent.said, spent.thoughts, reported)
    if reported.prompt_tokens is not None and reported.completion_tokens is not None:
        return reported, UsageRecord.Source.PROVIDER
    if spent.error and spent.error.code not in LOST and not spent.said:
        return reported, UsageRecord.Source.ESTIMATED
    prompt_tokens = reported.prompt_tokens
    if prompt_tokens is None:
        cached = (reported.cached_tokens or 0) + (reported.cache_write_tokens or 0)
        prompt_tokens = max(cached, reader.prompt_tokens(spent.prompt))
    completion_tokens = reported.completion_tokens
    if completion_tokens is None:
        completion_tokens = reader.tokens(spent.said) if spent.said else reader.hidden_tokens(spent.elapsed_seconds)
    estimated = replace(reported, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
    return estimated, UsageRecord.Source.ESTIMATED


def _countable(usage: Usage) -> Usage:
    """Return the counts without those that are none: below zero, or more than the database can keep."""

    def count(tokens: int | None) -> int | None:
        return tokens if tokens is not None and 0 <= tokens <= LARGEST_COUNT else None

    return replace(usage, **{name: count(getattr(usage, name)) for name in COUNTS})


def _consistent(usage: Usage) -> Usage:
    """Return the counts without those of the prompt where more of it went through the cache than it had.

    Some gateways count what was cached beside the prompt, not in it, and nobody knows which of both they mean.
    """
    prompt, written = usage.prompt_tokens, usage.cache_write_tokens or 0
    beyond = prompt is not None and (usage.cached_tokens or 0) + written > prompt
    if beyond or (usage.long_cache_write_tokens or 0) > written:
        logger.warning("The provider's usage makes no sense, so its prompt is estimated: %s", usage)
        return Usage(completion_tokens=usage.completion_tokens, reasoning_tokens=usage.reasoning_tokens)
    return usage


def _cost(usage: Usage, price: UnitPrice | None) -> Cost | None:
    if price is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    return cost_of(usage, price)


def charge_of(attempts: Iterable[UsageRecord]) -> Charge | None:
    """Return the sum of all attempts at one message, as they are `charged`; None where there was none.

    A count is None as soon as one attempt does not know it, and so is the cost, also where currencies differ. Attempts
    that were turned down before a word only count where there is no other: nothing was used.
    """
    everything = list(attempts)
    answered = [record for record in everything if not record.error_type or record.completion_tokens is not None]
    records = answered or everything
    if not records:
        return None

    def total(name: str) -> int | None:
        counts = [getattr(record, name) for record in records]
        return None if None in counts else sum(counts)

    prompt_tokens, completion_tokens = total("prompt_tokens"), total("completion_tokens")
    known = prompt_tokens is not None and completion_tokens is not None
    charges = [record.charged for record in records]
    costs = [cost for cost, _ in charges if cost is not None]
    currencies = {currency for _, currency in charges}
    return Charge(
        prompt_tokens=prompt_tokens,
        cached_tokens=total("cached_tokens"),
        completion_tokens=completion_tokens,
        reasoning_tokens=total("reasoning_tokens"),
        total_tokens=prompt_tokens + completion_tokens if known else None,  # type: ignore[operator]
        cost=sum(costs, Decimal(0)) if len(costs) == len(charges) and len(currencies) == 1 else None,
        currency=charges[0][1],
        source="provider" if all(record.source == "provider" for record in records) else "estimated",
    )
