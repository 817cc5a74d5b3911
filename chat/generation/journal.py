"""The journal: one writer per process appends what all its generations said, a few times a second.

The same transaction writes the heartbeat of this process and reads the requests to stop.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from django.db import connection
from django.utils import timezone

from chat import database, metrics
from chat.events import to_json
from chat.generation import control
from chat.generation.control import Controlled, Request
from chat.generation.log import GenerationLog, Place
from chat.live_list import pubsub
from chat.models import Generation

logger = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 0.25
START: Final = Place()
APPEND: Final = "INSERT INTO chat_journalentry (generation_id, sequence, events) VALUES (%s, %s, %s)"
# Revoked keys and deactivated users are looked for at every so many flushes: every two seconds.
FLUSHES_PER_ACCESS_CHECK: Final = 8


class JournaledGeneration(Controlled, Protocol):
    """A generation under way, as the journal sees it."""

    log: GenerationLog


@dataclass(slots=True)
class Cursor:
    """How far the journal has read a log, and the sequence number of the row it writes next."""

    place: Place = START
    sequence: int = 0
    followed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The next row of the journal for one generation: what it has said since the last flush."""

    sequence: int
    events: list[Any]


class Journal:
    """Writes for all generations of a process. All methods belong to the event loop."""

    def __init__(self) -> None:
        self._cursors: dict[UUID, Cursor] = {}
        self._generations: dict[UUID, JournaledGeneration] = {}
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._flushes = 0

    def join(self, generation: JournaledGeneration) -> None:
        """Write for a generation from now on."""
        self._generations[generation.account.generation_id] = generation
        self._cursors[generation.account.generation_id] = Cursor()
        if self._task is None:
            # It writes for everybody, and so belongs to no request.
            self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def leave(self, generation: JournaledGeneration) -> None:
        """Write no more for a generation; when this returns, no flush of it is under way."""
        async with self._lock:
            self._generations.pop(generation.account.generation_id, None)
            self._cursors.pop(generation.account.generation_id, None)
            if not self._generations and self._task is not None:
                # It sleeps: who flushes holds the lock.
                self._task.cancel()
                self._task = None

    async def flush(self) -> None:
        """Write now what is not written yet, also where whoever waits is cancelled: what a thread writes may not be."""
        await asyncio.shield(asyncio.create_task(self._flush()))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        try:
            await self._write()
        except Exception:
            # Nothing is marked as written: the next flush takes it along.
            logger.exception("The journal could not be written; it is tried again.")

    async def _write(self) -> None:
        async with self._lock:
            if not self._generations:
                return
            batches: dict[UUID, Batch] = {}
            reached: dict[UUID, Place] = {}
            for generation_id, generation in self._generations.items():
                cursor = self._cursors[generation_id]
                events, reached[generation_id] = generation.log.to_journal(cursor.place)
                if events:
                    batches[generation_id] = Batch(cursor.sequence, events)
            with metrics.JOURNAL_FLUSH.time():
                requests = await database.run_for_journal(write, list(reached), batches)
            for generation_id in batches:
                cursor = self._cursors[generation_id]
                cursor.place = reached[generation_id]
                cursor.sequence += 1
            # Who joined meanwhile was not asked about.
            for name in reached:
                cursor = self._cursors[name]
                cursor.followed_at = control.obey(self._generations[name], requests.get(name), cursor.followed_at)
            self._flushes += 1
            if not self._flushes % FLUSHES_PER_ACCESS_CHECK:
                await control.revoke(self._generations.values())
        await pubsub.publish(batches)


@database.writing()
def write(generation_ids: Iterable[UUID], batches: dict[UUID, Batch]) -> dict[UUID, Request]:
    """Append batches, say that the generations live, and return what is wanted of those that are still there."""
    requests = control.requests(generation_ids)
    _append((generation_id, batch) for generation_id, batch in batches.items() if generation_id in requests)
    live = Generation.objects.filter(pk__in=generation_ids, finished_at__isnull=True)
    live.update(heartbeat_at=timezone.now())
    return requests


def _append(batches: Iterable[tuple[UUID, Batch]]) -> None:
    """Write entries. Django's own way composes a statement with a place for each value, four times a second."""
    is_native = connection.features.has_native_uuid_field
    rows = [
        (generation_id if is_native else generation_id.hex, batch.sequence, to_json(batch.events).decode())
        for generation_id, batch in batches
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(APPEND, rows)
