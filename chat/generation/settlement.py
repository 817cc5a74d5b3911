"""The one writer of results: message, state of the generation, usage rows and budgets land in one transaction."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from chat import database
from chat.budgets import spending
from chat.database import storable_text
from chat.errors import ChatError
from chat.events import Charge
from chat.models import Conversation, Generation, Message, UsageRecord
from chat.usage import ledger
from chat.usage.charge import charge_of
from chat.usage.ledger import Account
from chat.usage.token_counts import Spent

logger = logging.getLogger(__name__)

# A database that restarts is back within seconds; what was said waits for it.
SAVE_DELAYS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
# The fields of a generation that its end changes.
ERROR: Final = ("error_type", "error_message", "error_retryable", "error_retry_at")
CLOSED: Final = ("finished_at", "outline", "has_gaps", *ERROR, "ttft_seconds", "elapsed_seconds", "thinking_seconds")


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a generation, over all its attempts.

    `outline` is the order of its parts (`GenerationLog.outline`). `error` is None for a regular end and for Stop.
    `has_gaps`: a piece of it could not be read. `is_followed`: somebody hears its end. Durations are in seconds, from
    the start of the generation.
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
    thinking_seconds: float | None = None
    is_followed: bool = False


class SettlementError(Exception):
    """A result could not be written, however often it was tried; the log tells why."""


async def settle_patiently(account: Account, result: Result) -> Charge | None:
    """`settle`, tried again where the database fails. Raises SettlementError.

    What was said matters most: the try before the last goes with estimates, the last one without the usage.
    """
    for attempt, delay in enumerate((*SAVE_DELAYS, None), start=1):
        try:
            return await database.run(settle, account, result)
        except Exception:
            logger.exception("An answer could not be stored (try %d of %d).", attempt, len(SAVE_DELAYS) + 1)
        if attempt == len(SAVE_DELAYS) - 1:
            result = replace(result, attempts=tuple(replace(each, usage=None) for each in result.attempts))
        elif attempt == len(SAVE_DELAYS):
            result = replace(result, attempts=())
        if delay is not None:
            await asyncio.sleep(delay)
    raise SettlementError


@database.writing()
def settle(account: Account, result: Result) -> Charge | None:
    """Write the result of a generation; the second call for the same one changes nothing.

    Returns what it used and cost, None if it never reached a provider. A conversation deleted in the meantime
    takes its message along, never the usage row.
    """
    now = timezone.now()
    # The conversation first, as its deletion does: locks taken in one order cannot deadlock.
    list(Conversation.objects.select_for_update().filter(pk=account.conversation_id).values_list("pk"))
    generation = Generation.objects.select_for_update().filter(pk=account.generation_id).first()
    if generation is not None and generation.finished_at is not None:
        written = UsageRecord.objects.filter(generation_id=account.generation_id).order_by("attempt")
        return charge_of(written.corrected())
    if generation is not None:
        _close(generation, account, result, now)
    return charge_of(book(account, result.attempts, now, is_there=generation is not None))


def book(account: Account, attempts: Iterable[Spent], now: datetime, *, is_there: bool = False) -> list[UsageRecord]:
    """`ledger.book`, and count the rows in the budgets, which releases what was reserved for them."""
    records = ledger.book(account, attempts, now, is_there=is_there)
    spending.settle(account.user_id, account.api_key_id, account.generation_id, records, now)
    return records


def _close(generation: Generation, account: Account, result: Result, now: datetime) -> None:
    Message.objects.filter(pk=account.message_id).update(
        content=storable_text(result.content),
        reasoning=storable_text(result.reasoning),
        tool_calls=[
            {name: storable_text(part) if isinstance(part, str) else part for name, part in call.items()}
            for call in result.tool_calls
        ],
        status=result.status,
        finish_reason=result.finish_reason,
        finish_detail=result.finish_detail,
    )
    said = len(result.content) + len(result.reasoning) + sum(len(str(call)) for call in result.tool_calls)
    Conversation.objects.filter(pk=account.conversation_id).update(
        updated_at=now,
        changed_at=now,
        stored_chars=F("stored_chars") + said,
        **({} if result.is_followed else {"unread_since": now}),
    )
    generation.journal.all().delete()
    generation.finished_at = now
    generation.outline = result.outline
    generation.has_gaps = result.has_gaps
    generation.error_type = result.error.code if result.error else ""
    generation.error_message = result.error.message if result.error else ""
    generation.error_retryable = bool(result.error and result.error.retryable)
    generation.error_retry_at = result.error.retry_at if result.error else None
    generation.ttft_seconds = result.ttft_seconds
    generation.elapsed_seconds = result.elapsed_seconds
    generation.thinking_seconds = result.thinking_seconds
    generation.save(update_fields=CLOSED)
