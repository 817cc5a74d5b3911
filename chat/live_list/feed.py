"""Sends changes of conversations to the open lists of their owners, whichever process made them.

One task per process reads the changes for all lists that are open here: when one is published, and every few seconds,
because publishing may fail. It compares `changed_at`; an open list holds no connection to the database.
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

from chat import database, runtime
from chat.errors import ChatError
from chat.live_list import pubsub
from chat.models import Conversation

logger = logging.getLogger(__name__)

CHANNEL: Final = "lists"
POLL_SECONDS: Final = 4.0
# Many changes at once are read once.
APART_SECONDS: Final = 0.1
HEARTBEAT_SECONDS: Final = 15.0
# A change may be seen so much later than it was made: its transaction took long, or its machine's clock is behind.
OVERLAP: Final = timedelta(seconds=10)


@dataclass(eq=False)
class ListSubscription:
    """One open list. Where a conversation changes several times before it is read, the last state counts."""

    user_id: int
    since: datetime | None
    is_over: bool = False
    _changed: dict[UUID, Conversation] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, row: Conversation) -> None:
        """Have a changed conversation sent."""
        self._changed[row.pk] = row
        self._wake.set()

    def end(self) -> None:
        """Send nothing more."""
        self.is_over = True
        self._wake.set()

    async def changes(self) -> AsyncGenerator[list[Conversation] | None, None]:
        """Yield what has changed, deleted conversations with their `deleted_at`; None is a heartbeat."""
        for row in await database.run(changed, [self.user_id], self.since or timezone.now() - OVERLAP):
            self.add(row)
        while not self.is_over:
            self._wake.clear()
            rows, self._changed = list(self._changed.values()), {}
            if rows:
                yield rows
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield None


class ListSubscriptions:
    """The open lists of this process, and the task that reads for them while there are any. For the event loop only."""

    def __init__(self) -> None:
        self.open: set[ListSubscription] = set()
        self._task: asyncio.Task[None] | None = None
        self._wake: asyncio.Event | None = None

    def add(self, subscription: ListSubscription) -> None:
        self.open.add(subscription)
        if self._task is None:
            self._wake = asyncio.Event()
            self._task = asyncio.get_running_loop().create_task(self._run(self._wake), context=Context())

    def remove(self, subscription: ListSubscription) -> None:
        self.open.discard(subscription)
        if not self.open and self._task is not None:
            self._task.cancel()
            self._task = self._wake = None

    def wake(self) -> None:
        if self._wake is not None:
            self._wake.set()

    async def _run(self, wake: asyncio.Event) -> None:
        listener = asyncio.create_task(pubsub.listen(CHANNEL, wake))
        reader = _Reader(self.open)
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), POLL_SECONDS)
                wake.clear()
                try:
                    await reader.read()
                except Exception:
                    logger.exception("Changes of lists could not be read; it is tried again.")
                await asyncio.sleep(APART_SECONDS)
        finally:
            listener.cancel()


def subscribe(user_id: int, since: datetime | None, limit: int) -> ListSubscription:
    """Open a list: everything that changes from now on, or from `since`, is sent to it.

    Raises ChatError `rate_limit` when `limit` lists of the user (0: no limit) are open already.
    """
    subscriptions = runtime.part(ListSubscriptions)
    if limit and sum(each.user_id == user_id for each in subscriptions.open) >= limit:
        raise ChatError("rate_limit", f"The list is open as often as allowed ({limit}). Close a tab.")
    subscription = ListSubscription(user_id, since)
    subscriptions.add(subscription)
    return subscription


def unsubscribe(subscription: ListSubscription) -> None:
    """Close a list; a second call changes nothing."""
    runtime.part(ListSubscriptions).remove(subscription)


async def publish() -> None:
    """Have all processes read what has changed in somebody's list."""
    runtime.part(ListSubscriptions).wake()
    await pubsub.publish([CHANNEL])


def close() -> None:
    """End all lists of this process: the server stops."""
    for subscription in runtime.part(ListSubscriptions).open:
        subscription.end()


class _Reader:
    """Reads changes for the open lists, and remembers which of them were sent."""

    def __init__(self, subscriptions: set[ListSubscription]) -> None:
        self._open = subscriptions
        self._since = timezone.now() - OVERLAP
        self._sent: dict[UUID, datetime] = {}

    async def read(self) -> None:
        for row in await database.run(changed, {each.user_id for each in self._open}, self._since):
            if self._sent.get(row.pk) != row.changed_at:
                self._sent[row.pk] = row.changed_at
                for subscription in self._open:
                    if subscription.user_id == row.owner_id:
                        subscription.add(row)
        self._since = timezone.now() - OVERLAP
        self._sent = {name: time for name, time in self._sent.items() if time > self._since}


def changed(owners: Collection[int], since: datetime) -> list[Conversation]:
    """Return the listed conversations of these owners that changed since then, oldest change first."""
    rows = Conversation.objects.select_related("model").filter(temporary=False)
    return list(rows.filter(owner__in=owners, changed_at__gt=since).order_by("changed_at"))
