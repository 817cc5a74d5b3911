"""Ends streams and other long requests when what they were authenticated by is withdrawn.

One task per process checks all that are open: when a change of users, keys or sessions is published, here or in another
process, and every `POLL_SECONDS`, because a message may be lost and the end of a key's or session's time sends none.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from chat import database, runtime
from chat.access.credential import Credential, invalid
from chat.errors import ChatError
from chat.live_list import pubsub
from chat.models import ApiKey

logger = logging.getLogger(__name__)

CHANNEL: Final = "access"
# A stream has to end within five seconds of the withdrawal.
POLL_SECONDS: Final = 2.0
# Many changes at once are checked once.
APART_SECONDS: Final = 0.1
WITHDRAWN: Final = "Access was withdrawn: you were signed out, or the API key or account is not valid any more."
# The fields of a user that matter here; signing in writes others.
FIELDS: Final = frozenset({"is_active", "password"})


class Subscription:
    """One request that lasts. It belongs to the task that made it, which alone waits in it."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self._is_withdrawn = False
        self._task = asyncio.current_task()
        # Whether the task waits, or is about to, for something that may be broken off.
        self._is_waiting = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let a withdrawal break off what the block waits for. Raises ChatError `unauthenticated` then, or at once."""
        self.check()
        try:
            yield
        except asyncio.CancelledError:
            # Only what `withdraw` cancelled ends here; a caller who left as well is gone.
            if not self._is_withdrawn or self._task is None or self._task.uncancel():
                raise
            raise ChatError("unauthenticated", WITHDRAWN) from None
        finally:
            self._is_waiting = False

    def pause(self) -> None:
        """Let nothing be broken off until the next `check`: what was waited for is there, and is being sent."""
        self._is_waiting = False

    def check(self) -> None:
        """Go on waiting after a pause. Raises ChatError `unauthenticated` where access was withdrawn meanwhile."""
        if self._is_withdrawn:
            raise ChatError("unauthenticated", WITHDRAWN)
        self._is_waiting = True

    def withdraw(self) -> None:
        """End it: what it waits for is cancelled, and it does not begin to wait again."""
        if not self._is_withdrawn:
            self._is_withdrawn = True
            if self._is_waiting and self._task is not None:
                self._task.cancel()


class Subscriptions:
    """The long requests of this process, and the task that checks them while there are any."""

    def __init__(self) -> None:
        self.open: set[Subscription] = set()
        self._task: asyncio.Task[None] | None = None
        # Set together, and read by `check_soon` in other threads.
        self._loop_and_wake: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def add(self, subscription: Subscription) -> None:
        self.open.add(subscription)
        if self._task is None:
            loop, wake = asyncio.get_running_loop(), asyncio.Event()
            self._loop_and_wake = loop, wake
            self._task = loop.create_task(self._run(wake), context=Context())

    def remove(self, subscription: Subscription) -> None:
        self.open.discard(subscription)
        if not self.open and self._task is not None:
            self._task.cancel()
            self._task = self._loop_and_wake = None

    def check_soon(self) -> None:
        """Have the task check now. May be called in any thread."""
        found = self._loop_and_wake
        if found is not None:
            # The loop may have been closed since.
            with suppress(RuntimeError):
                found[0].call_soon_threadsafe(found[1].set)

    async def _run(self, wake: asyncio.Event) -> None:
        listener = asyncio.create_task(pubsub.listen(CHANNEL, wake))
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), POLL_SECONDS)
                wake.clear()
                try:
                    ended = await database.run(invalid, {each.credential for each in self.open})
                    for subscription in [each for each in self.open if each.credential in ended]:
                        subscription.withdraw()
                except Exception:
                    logger.exception("Credentials of open streams could not be checked; it is tried again.")
                await asyncio.sleep(APART_SECONDS)
        finally:
            listener.cancel()


@contextmanager
def admit(credential: Credential) -> Iterator[Subscription]:
    """Have `credential` checked for as long as the block runs."""
    subscription = Subscription(credential)
    subscriptions = runtime.part(Subscriptions)
    subscriptions.add(subscription)
    try:
        yield subscription
    finally:
        subscriptions.remove(subscription)


def publish() -> None:
    """Have all processes check their open streams once the transaction is committed. Not for the event loop's thread.

    Rows that are saved or deleted call this by themselves; whoever updates many at once has to.
    """
    transaction.on_commit(_publish)


def _publish() -> None:
    runtime.part(Subscriptions).check_soon()
    if settings.REDIS_URL:
        async_to_sync(pubsub.publish)([CHANNEL])


@receiver(post_save, sender=User)
@receiver(post_save, sender=ApiKey)
@receiver(post_delete, sender=User)
@receiver(post_delete, sender=ApiKey)
@receiver(post_delete, sender=Session)
def _publish_change(sender: type, *, created: bool = False, update_fields: Any = None, **signal: Any) -> None:
    if created or (sender is User and update_fields is not None and not FIELDS & set(update_fields)):
        return
    publish()
