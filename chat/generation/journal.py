"""The journal: one writer per process appends what all its generations said, a few times a second.

One transaction for all of them also says that this process lives, and reads who wants one of them stopped.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from chat import database, metrics
from chat.events import to_json
from chat.generation.log import Transcript, to_journal
from chat.live_list import pubsub
from chat.models import ApiKey, Generation
from chat.usage.ledger import Account

logger = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 0.25
APPEND: Final = "INSERT INTO chat_journalentry (generation_id, sequence, events) VALUES (%s, %s, %s)"
# Revoked keys and deactivated users are looked for at every so many flushes: every two seconds.
FLUSHES_PER_ACCESS_CHECK: Final = 8


class Speaker(Protocol):
    """A generation under way, as the journal sees it."""

    transcript: Transcript

    @property
    def account(self) -> Account: ...

    def stop(self) -> None:
        """Somebody asked for its end, or its conversation is gone."""
        ...

    def revoke(self) -> None:
        """Its owner may not be here any more."""
        ...

    def followed_elsewhere(self) -> None:
        """Another process has a follower of it."""
        ...


@dataclass(slots=True)
class Mark:
    """How far a generation is written: the transcript's index, and the sequence of the next entry.

    `asks_again`: another request is about to be made, and that is not written yet.
    """

    index: int = 0
    sequence: int = 0
    followed_at: datetime | None = None
    asks_again: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What one generation said since the last flush; `asks_again` if it makes another request after that."""

    sequence: int
    events: list[Any]
    asks_again: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What other processes want of a generation."""

    is_over: bool
    followed_at: datetime | None


class Journal:
    """Writes for all generations of a process. All methods belong to the event loop."""

    def __init__(self) -> None:
        self._marks: dict[UUID, Mark] = {}
        self._speakers: dict[UUID, Speaker] = {}
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._flushes = 0

    def join(self, speaker: Speaker) -> None:
        """Write for a generation from now on."""
        self._speakers[speaker.account.generation_id] = speaker
        self._marks[speaker.account.generation_id] = Mark()
        if self._task is None:
            # It writes for everybody, and so belongs to no request.
            self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def leave(self, speaker: Speaker) -> None:
        """Write no more for a generation; when this returns, no flush of it is under way."""
        async with self._lock:
            self._speakers.pop(speaker.account.generation_id, None)
            self._marks.pop(speaker.account.generation_id, None)
            if not self._speakers and self._task is not None:
                # It sleeps: who flushes holds the lock.
                self._task.cancel()
                self._task = None

    async def ask_again(self, speaker: Speaker) -> None:
        """Write that a generation makes another request, before it does: who recovers it must know what to bill."""
        self._marks[speaker.account.generation_id].asks_again = True
        # Who waits may be cancelled, what a thread writes may not.
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
            if not self._speakers:
                return
            pages: dict[UUID, Page] = {}
            reached: dict[UUID, int] = {}
            for generation_id, speaker in self._speakers.items():
                mark = self._marks[generation_id]
                read, reached[generation_id] = speaker.transcript.since(mark.index)
                if read or mark.asks_again:
                    events = to_journal((entry for _, entry in read), asks_again=mark.asks_again)
                    pages[generation_id] = Page(mark.sequence, events, mark.asks_again)
            with metrics.JOURNAL_FLUSH.time():
                requests = await database.run_for_journal(write, list(reached), pages)
            for generation_id, page in pages.items():
                mark = self._marks[generation_id]
                mark.index = reached[generation_id]
                mark.sequence += 1
                mark.asks_again = mark.asks_again and not page.asks_again
            # Who joined meanwhile was not asked about.
            for generation_id in reached:
                self._obey(generation_id, requests.get(generation_id))
            await self._check_access()
        await pubsub.publish(pages)

    def _obey(self, generation_id: UUID, request: Request | None) -> None:
        speaker, mark = self._speakers[generation_id], self._marks[generation_id]
        if request is None or request.is_over:
            speaker.stop()
        elif request.followed_at != mark.followed_at:
            mark.followed_at = request.followed_at
            speaker.followed_elsewhere()

    async def _check_access(self) -> None:
        self._flushes += 1
        if self._flushes % FLUSHES_PER_ACCESS_CHECK:
            return
        accounts = {generation_id: speaker.account for generation_id, speaker in self._speakers.items()}
        for generation_id in await database.run(without_access, accounts):
            self._speakers[generation_id].revoke()


@database.writing()
def write(generation_ids: Iterable[UUID], pages: dict[UUID, Page]) -> dict[UUID, Request]:
    """Append pages, say that the generations live, and return what is wanted of those that are still there."""
    rows = Generation.objects.filter(pk__in=generation_ids)
    requests = {
        generation_id: Request(is_over=bool(stop_requested_at or finished_at), followed_at=followed_at)
        for generation_id, stop_requested_at, followed_at, finished_at in rows.values_list(
            "pk", "stop_requested_at", "followed_at", "finished_at"
        )
    }
    _append((generation_id, page) for generation_id, page in pages.items() if generation_id in requests)
    rows.filter(finished_at__isnull=True).update(heartbeat_at=timezone.now())
    return requests


def _append(pages: Iterable[tuple[UUID, Page]]) -> None:
    """Write entries. Django's own way composes a statement with a place for each value, four times a second."""
    is_native = connection.features.has_native_uuid_field
    rows = [
        (generation_id if is_native else generation_id.hex, page.sequence, to_json(page.events).decode())
        for generation_id, page in pages
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(APPEND, rows)


def without_access(accounts: dict[UUID, Account]) -> list[UUID]:
    """Return the generations whose user was deactivated or deleted, or whose key was revoked."""
    users = {account.user_id for account in accounts.values()}
    keys = {account.api_key_id for account in accounts.values() if account.api_key_id is not None}
    active = set(User.objects.filter(pk__in=users, is_active=True).values_list("pk", flat=True))
    valid = set(ApiKey.in_force().filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    return [
        generation_id
        for generation_id, account in accounts.items()
        if account.user_id not in active or (account.api_key_id is not None and account.api_key_id not in valid)
    ]
