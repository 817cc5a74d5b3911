"""Finishes what dead processes left: their answers become interrupted messages, with all that the journal has."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from chat import database
from chat.errors import ChatError
from chat.generation import live
from chat.generation.context import completion_request
from chat.generation.transcript import Transcript, from_journal
from chat.generation.worker import is_surely_gone
from chat.models import Generation, Message
from chat.usage.ledger import Account, Result, Spent, settle

logger = logging.getLogger(__name__)

EVERY_SECONDS: Final = 10.0
# A process that has not said for so long that it lives is taken for dead; it says so four times a second.
SILENCE: Final = timedelta(seconds=10)


async def watch() -> None:
    """Recover now and then, for as long as the process lives."""
    while True:
        try:
            await database.run(recover)
        except Exception:
            logger.exception("Unfinished answers could not be looked for; it is tried again.")
        await asyncio.sleep(EVERY_SECONDS)


def recover() -> int:
    """Finish every generation whose process is dead. Returns how many there were.

    Several processes may try at once: the ledger settles each generation once.
    """
    count = 0
    unfinished = Generation.objects.filter(finished_at__isnull=True)
    rows = unfinished.select_related("message__conversation", "message__parent", "model__provider", "api_key", "owner")
    silent = Q(heartbeat_at__lt=timezone.now() - SILENCE) | Q(heartbeat_at__isnull=True)
    late = set(unfinished.filter(silent).values_list("pk", flat=True))
    for generation in rows:
        if live.find(generation.pk) is None and (generation.pk in late or is_surely_gone(generation.worker)):
            settle(Account.of(generation), _result(generation))
            logger.warning("Generation %s was left unfinished; it is interrupted now.", generation.pk)
            count += 1
    return count


def _result(generation: Generation) -> Result:
    transcript = Transcript(
        said for entry in generation.journal.order_by("sequence") for said in from_journal(entry.events)
    )
    last_sign = generation.heartbeat_at or generation.created_at
    elapsed_seconds = max(0.0, (last_sign - generation.created_at).total_seconds())
    error = ChatError("interrupted", "The server stopped while this was being written.")
    request = completion_request(generation) if generation.model else None
    spent = Spent(
        prompt=tuple(turn.content for turn in request.turns) if request else (),
        said=transcript.everything,
        usage=None,
        finish_reason="",
        error=error,
        ttft_seconds=None,
        elapsed_seconds=elapsed_seconds,
    )
    return Result(
        content=transcript.content,
        reasoning=transcript.reasoning,
        tool_calls=transcript.tool_calls,
        outline=transcript.outline,
        status=Message.Status.INTERRUPTED,
        finish_reason="",
        error=error,
        attempts=(spent,),
        ttft_seconds=None,
        elapsed_seconds=elapsed_seconds,
    )
