"""Lists of conversations as they change: every change is told to whoever watches, wherever it was made.

One task per process looks for all who watch here: when a bell rings, and now and then, for bells may be missed. What
it looks for is `changed_at`; who watches holds no connection to the database.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from chat import database
from chat.errors import ChatError
from chat.live_list import pubsub
from chat.models import Conversation

logger = logging.getLogger(__name__)

BELL: Final = "lists"
POLL_SECONDS: Final = 4.0
# Many changes at once are looked for once.
APART_SECONDS: Final = 0.1
HEARTBEAT_SECONDS: Final = 15.0
# A change may be seen so much later than it was made: its transaction took long, or its machine's clock is behind.
OVERLAP: Final = timedelta(seconds=10)


@dataclass(eq=False)
class Watcher:
    """Somebody who watches their list. Of what changes several times before it is read, the last state counts."""

    user_id: int
    since: datetime | None
    is_over: bool = False
    _news: dict[UUID, Conversation] = field(default_factory=dict)
    _bell: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, row: Conversation) -> None:
        """There is news of a conversation."""
        self._news[row.pk] = row
        self._bell.set()

    def dismiss(self) -> None:
        """There will be no more news."""
        self.is_over = True
        self._bell.set()

    async def changes(self) -> AsyncGenerator[list[Conversation] | None, None]:
        """Yield what has changed, deleted ones with their `deleted_at`; None is a heartbeat."""
        for row in await database.run(changed, [self.user_id], self.since or timezone.now() - OVERLAP):
            self.tell(row)
        while not self.is_over:
            self._bell.clear()
            rows, self._news = list(self._news.values()), {}
            if rows:
                yield rows
                continue
            try:
                await asyncio.wait_for(self._bell.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield None


_watchers: set[Watcher] = set()
_task: asyncio.Task[None] | None = None
_news = asyncio.Event()


def enter(user_id: int, since: datetime | None, limit: int) -> Watcher:
    """Return a new watcher, who is told everything that changes from now on, or from `since`.

    Raises ChatError `rate_limit` when `limit` of the user (0: no limit) are watching already.
    """
    global _task
    if limit and sum(watcher.user_id == user_id for watcher in _watchers) >= limit:
        raise ChatError("rate_limit", f"The list is open as often as allowed ({limit}). Close a tab.")
    watcher = Watcher(user_id, since)
    _watchers.add(watcher)
    if _task is None:
        _task = asyncio.get_running_loop().create_task(_run(), context=Context())
    return watcher


def leave(watcher: Watcher) -> None:
    """Forget a watcher; once is as good as twice."""
    global _task
    _watchers.discard(watcher)
    if not _watchers and _task is not None:
        _task.cancel()
        _task = None


async def ring() -> None:
    """Something has changed in somebody's list."""
    _news.set()
    await pubsub.ring([BELL])


def close() -> None:
    """Dismiss everybody: the server stops."""
    for watcher in _watchers:
        watcher.dismiss()


async def _run() -> None:
    listener = asyncio.create_task(pubsub.listen(BELL, _news))
    look = _Look()
    try:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(_news.wait(), POLL_SECONDS)
            _news.clear()
            try:
                await look.look()
            except Exception:
                logger.exception("Changes could not be looked for; it is tried again.")
            await asyncio.sleep(APART_SECONDS)
    finally:
        listener.cancel()


class _Look:
    """Looks for changes, and remembers what of them was told."""

    def __init__(self) -> None:
        self._since = timezone.now() - OVERLAP
        self._told: dict[UUID, datetime] = {}

    async def look(self) -> None:
        for row in await database.run(changed, {watcher.user_id for watcher in _watchers}, self._since):
            if self._told.get(row.pk) != row.changed_at:
                self._told[row.pk] = row.changed_at
                for watcher in _watchers:
                    if watcher.user_id == row.owner_id:
                        watcher.tell(row)
        self._since = timezone.now() - OVERLAP
        self._told = {name: time for name, time in self._told.items() if time > self._since}


def changed(owners: Collection[int], since: datetime) -> list[Conversation]:
    """Return what changed in lists since then, oldest change first."""
    rows = Conversation.objects.select_related("model").filter(temporary=False)
    return list(rows.filter(owner__in=owners, changed_at__gt=since).order_by("changed_at"))
