"""The one writer of results: the final message, its state and its usage row land in one transaction."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from dataclasses import replace as change
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Self
from uuid import UUID, uuid4

from django.contrib.auth.models import Group, User
from django.db.models import F
from django.utils import timezone
from msgspec.structs import replace

from chat import database
from chat.budgets import reservation as budget
from chat.errors import ChatError
from chat.events import Charge, Usage
from chat.models import Conversation, Generation, Message, Price, UsageRecord
from chat.models.money import MOST_MONEY, PLACES
from chat.models.usage import FORMER_USER, FORMER_USER_ID
from chat.usage import totals
from chat.usage.charge import charge_of
from chat.usage.price_context import context_of
from chat.usage.prices import price_in_force, unit_price
from chat.usage.pricing import Cost, UnknownRateError, cost_of
from chat.usage.vocabulary import SILENCE_SECONDS, Reader

# What of a provider's usage is a number of tokens...
COUNTS: Final = (
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cache_write_tokens",
    "long_cache_write_tokens",
)
# ...what are its words, how much of one is kept, and of what it gives for an end.
WORDS: Final = ("service_tier", "speed", "inference_geo")
LONGEST_WORD: Final = 50
LONGEST_DETAIL: Final = 100
# Far less than the largest sum that the database keeps.
LARGEST_COST: Final = Decimal(10**6)
# How a request ends whose line was lost or fell silent: the provider may well have worked on it, and billed it.
LOST: Final = frozenset({"network_error", "timeout", "interrupted"})
# Ten times what the model with the longest memory takes: more is no count of one request.
LARGEST_COUNT: Final = 10**8
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
    where it ended before the request left. `thoughts` is what of `said` was reasoning. `asked_at` is when the request
    was made, whose price holds; None where nobody knows it any more. `finish_detail` is the provider's own word for an
    end that is none of ours, `reached_tokens` how long an answer might become that ended there.
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
    asked_at: datetime | None = None
    finish_detail: str | None = None
    reached_tokens: int | None = None


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
    return charge_of(book(account, result.attempts, now, is_there=generation is not None))


def book(account: Account, attempts: Iterable[Spent], now: datetime, *, is_there: bool = False) -> list[UsageRecord]:
    """Write a usage row for each attempt that reached the provider, add them to the day's sums and to the budgets.

    Returns them. The account's user may have been deleted meanwhile, unless the caller locks something of theirs.
    """
    sent = [(number, spent) for number, spent in enumerate(attempts, start=1) if spent.sent]
    records = _records(account if is_there else _named(account), sent, now) if sent else []
    budget.count(account.user_id, account.api_key_id, account.generation_id, records, now)
    return records


def _named(account: Account) -> Account:
    """Return the account, or "a former user"'s where its user is gone; who is there stays for the transaction."""
    if list(User.objects.select_for_update().filter(pk=account.user_id).values_list("pk")):
        return account
    gone = {"conversation_id": uuid4(), "message_id": uuid4(), "generation_id": uuid4()}
    nobody = {"user_id": FORMER_USER_ID, "username": FORMER_USER, "api_key_id": None, "api_key_name": ""}
    return change(account, **nobody, **gone)  # type: ignore[arg-type]


def _records(account: Account, sent: Iterable[tuple[int, Spent]], now: datetime) -> list[UsageRecord]:
    reader = Reader(account.provider, account.model)
    records = [_record(account, spent, number, now, reader) for number, spent in sent]
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
    said = len(result.content) + len(result.reasoning) + sum(len(str(call)) for call in result.tool_calls)
    Conversation.objects.filter(pk=account.conversation_id).update(
        updated_at=now, changed_at=now, stored_chars=F("stored_chars") + said
    )
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


def _record(account: Account, spent: Spent, attempt: int, now: datetime, reader: Reader) -> UsageRecord:
    usage, source = _usage(spent, reader)
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
        finish_detail=_storable(spent.finish_detail or "")[:LONGEST_DETAIL],
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


def _usage(spent: Spent, reader: Reader) -> tuple[Usage, UsageRecord.Source]:
    """Return the provider's own counts, with estimates where it was cut off before it could give them.

    They are called estimated as soon as one of them is. A request the provider turned down before the first word is
    not billed, but nothing says so: its counts stay unknown. What the provider says is learnt from.
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
        completion_tokens = max(_completion_tokens(spent, reader), reported.reasoning_tokens or 0)
    estimated = replace(reported, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
    return estimated, UsageRecord.Source.ESTIMATED


def _completion_tokens(spent: Spent, reader: Reader) -> int:
    """Return about how many tokens an answer was, with what was thought and not shown.

    One that ended at its limit was as long as that. Of others the time until the first word may tell.
    """
    said = reader.tokens(spent.said)
    if not spent.said:
        said = reader.hidden_tokens(spent.elapsed_seconds)
    elif not spent.thoughts and (spent.ttft_seconds or 0) > SILENCE_SECONDS:
        said += reader.hidden_tokens(spent.ttft_seconds or 0)
    return max(said, spent.reached_tokens or 0)


def _countable(usage: Usage) -> Usage:
    """Return the usage without what is no count (below zero, or more than one request can use), word or price."""

    def count(tokens: int | None) -> int | None:
        return tokens if tokens is not None and 0 <= tokens <= LARGEST_COUNT else None

    lifetimes = {name: tokens for name, tokens in (usage.cache_write_lifetimes or {}).items() if count(tokens)}
    return replace(
        usage,
        **{name: count(getattr(usage, name)) for name in (*COUNTS, "web_searches")},
        **{name: _storable(getattr(usage, name) or "").strip()[:LONGEST_WORD] or None for name in WORDS},
        cache_write_lifetimes=lifetimes or None,
        cost=_amount(usage.cost),
    )


def _amount(told: Decimal | None) -> Decimal | None:
    """Return a provider's own price, to the places that are kept; None for one that is none."""
    if told is None or not told.is_finite() or not 0 <= told <= LARGEST_COST:
        return None
    return round(told, PLACES)


def _consistent(usage: Usage) -> Usage:
    """Return the counts with no part larger than its whole.

    Some gateways count what was cached beside the prompt, not in it, and nobody knows which of both they mean: that
    prompt is estimated. Thoughts beyond the completion can only have been counted beside it.
    """
    prompt, completion, written = usage.prompt_tokens, usage.completion_tokens, usage.cache_write_tokens or 0
    kept = max(usage.long_cache_write_tokens or 0, sum((usage.cache_write_lifetimes or {}).values()))
    if (prompt is not None and (usage.cached_tokens or 0) + written > prompt) or kept > written:
        logger.warning("The provider's usage makes no sense, so its prompt is estimated: %s", usage)
        usage = replace(
            usage,
            prompt_tokens=None,
            cached_tokens=None,
            cache_write_tokens=None,
            long_cache_write_tokens=None,
            cache_write_lifetimes=None,
        )
    if completion is not None and (thought := usage.reasoning_tokens or 0) > completion:
        logger.warning("The provider counted thoughts beside its completion: %s", usage)
        usage = replace(usage, completion_tokens=min(completion + thought, LARGEST_COUNT))
    return usage
