"""Finishes the generations of processes that have died: each becomes an interrupted message, from journal and file."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from chat import database
from chat.budgets.reservation import release_orphans
from chat.errors import ChatError
from chat.generation import live, wal
from chat.generation.completion_run import CONTINUE
from chat.generation.context import context
from chat.generation.entry import RECLASSIFIED, UNREADABLE, from_journal
from chat.generation.log import GenerationLog
from chat.generation.report import report
from chat.generation.settlement import Result, settle
from chat.generation.worker import THIS_WORKER, is_surely_gone, is_surely_there
from chat.models import Conversation, Generation, Message
from chat.models.generation import SILENCE
from chat.usage.ledger import Account, paying_group
from chat.usage.token_counts import Spent

logger = logging.getLogger(__name__)

# Together with the silence less than 15 s.
EVERY_SECONDS: Final = 4.0
# One that is seen to be there has more time: the database may have been away, and it finds that out a little later.
LONG_SILENCE: Final = timedelta(seconds=60)
PURGED_AT_ONCE: Final = 100
# What an account and its result are made of.
READ: Final = ("message__conversation", "message__parent", "model__provider", "api_key", "owner")
STOPPED: Final = "The server stopped while this was being written."


async def watch() -> None:
    """Recover now and then, for as long as the process lives."""
    while True:
        try:
            await database.run(recover)
            await database.run(purge)
            await database.run(wal.sweep)
            await database.run(lambda: release_orphans(timezone.now()))
        except Exception:
            logger.exception("Unfinished answers could not be looked for; it is tried again.")
        await asyncio.sleep(EVERY_SECONDS)


def purge() -> None:
    """Remove for good what was deleted a while ago, and temporary conversations that have had their time."""
    for name in Conversation.objects.expired(timezone.now()).values_list("pk", flat=True)[:PURGED_AT_ONCE]:
        with database.writing():
            # It may have been restored, or gone on, since it was looked for.
            Conversation.objects.expired(timezone.now()).select_for_update().filter(pk=name).delete()


def recover() -> int:
    """Finish every generation whose process is dead. Returns how many there were.

    Several processes may try at once: the ledger settles each generation once.
    """
    now = timezone.now()
    unfinished = Generation.objects.filter(finished_at__isnull=True)
    workers = list(unfinished.order_by().values_list("worker", flat=True).distinct())
    gone = Q(worker__in=[worker for worker in workers if is_surely_gone(worker)])
    # What this process writes it knows itself.
    there = Q(worker__in=[worker for worker in workers if worker != THIS_WORKER and is_surely_there(worker)])
    silent = Q(heartbeat_at__lt=now - SILENCE) | Q(heartbeat_at__isnull=True)
    long_silent = Q(heartbeat_at__lt=now - LONG_SILENCE)
    # Hundreds may be under way: their rows are read only if nobody writes them any more.
    left = unfinished.filter(gone | (silent & ~there) | long_silent).values_list("pk", flat=True)
    lost = [name for name in left if live.find(name) is None]
    rows = list(unfinished.filter(pk__in=lost).select_related(*READ)) if lost else []
    for generation in rows:
        account, result = Account.of(generation, paying_group(generation.owner_id)), _result(generation)
        report(account, result, settle(account, result))
        wal.forget(generation.pk)
        logger.warning("Generation %s was left unfinished; it is interrupted now.", generation.pk)
    return len(rows)


def _result(generation: Generation) -> Result:
    journal = [value for entry in generation.journal.order_by("sequence") for value in entry.events]
    # The file has what was said since the journal was last written; another machine's file is not here.
    values = max(journal, wal.read(generation.pk), key=_extent)
    log = GenerationLog(from_journal(values))
    last_sign = generation.heartbeat_at or generation.created_at
    elapsed_seconds = max(0.0, (last_sign - generation.created_at).total_seconds())
    error = ChatError("interrupted", STOPPED)
    return Result(
        content=log.content,
        reasoning=log.reasoning,
        tool_calls=log.tool_calls,
        outline=log.outline,
        has_gaps=any(value is not None and value.get("message") == UNREADABLE for value in values),
        status=Message.Status.INTERRUPTED,
        finish_reason="",
        error=error,
        attempts=tuple(_attempts(generation, values, elapsed_seconds)),
        ttft_seconds=None,
        elapsed_seconds=elapsed_seconds,
    )


def _extent(values: list[Any]) -> tuple[int, int]:
    """Return how far a record goes: in characters, and in what has none but means something."""
    silent = sum(value is None or value.get("type") == RECLASSIFIED for value in values)
    return GenerationLog(from_journal(values)).position, silent


def _attempts(generation: Generation, journal: list[Any], elapsed_seconds: float) -> Iterator[Spent]:
    """Yield the requests that were made. How long each of them took, nobody knows any more, nor when it was made.

    The moment at which the answer began is the nearest to it that is known.
    """
    request = context(generation).request if generation.model else None
    prompt = tuple(turn.content for turn in request.turns) if request else ()
    partial = ""
    for values in _split(journal):
        said = GenerationLog(from_journal(values))
        # Of a request that nothing came of it is not known whether it arrived, or was turned down.
        error = ChatError("interrupted" if said.everything else "unknown", STOPPED)
        sent = (*prompt, partial, CONTINUE) if partial else prompt
        yield Spent(
            *(sent, said.everything, None, "", error, None, elapsed_seconds),
            thoughts=said.reasoning,
            asked_at=generation.created_at,
        )
        partial += said.content


def _split(journal: list[Any]) -> Iterator[list[Any]]:
    """Yield what the journal has of each request; null stands between them."""
    begin = 0
    for end in [index for index, value in enumerate(journal) if value is None]:
        yield journal[begin:end]
        begin = end + 1
    yield journal[begin:]
