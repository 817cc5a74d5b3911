"""Who follows a generation: how many there are, how they are woken, and how long it goes on when nobody is left."""

import asyncio
from collections.abc import Callable

from chat import metrics


class Audience:
    """The followers of one generation in this process.

    `on_gone` is called when there has been no follower for `grace` seconds; None is for ever.
    """

    def __init__(self, grace: float | None, on_gone: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._grace = grace
        self._on_gone = on_gone
        self._followers = 0
        self._farewell: asyncio.TimerHandle | None = None
        self._bell: asyncio.Future[None] | None = None
        self._is_dismissed = False
        self._rang_at = 0.0
        self._heard = 0

    def __bool__(self) -> bool:
        """Whether anybody follows."""
        return self._followers > 0

    def expect(self, seconds: float) -> None:
        """Somebody is about to come; where the grace is 0 they have `seconds` for it."""
        if not self._followers:
            self._wait(self._grace if self._grace != 0 else seconds)

    def enter(self) -> None:
        """One more follower."""
        self._followers += 1
        self._cancel()

    def leave(self, *, can_return: bool) -> None:
        """One less. The last one starts the grace period, unless it cannot return: then the end is now."""
        self._followers -= 1
        self.miss(can_return=can_return)

    def miss(self, *, can_return: bool) -> None:
        """Somebody followed, here or elsewhere, and may not be there any more."""
        if not self._followers:
            self._wait(self._grace if can_return else 0.0)

    def ring(self) -> None:
        """Wake all followers."""
        if self._bell is not None:
            self._rang_at = self._loop.time()
            self._bell.set_result(None)
            self._bell = None

    async def news(self, seconds: float) -> bool:
        """Wait for the next ring; False if there was none for so long."""
        if self._bell is None:
            self._bell = self._loop.create_future()
        done, _ = await asyncio.wait({self._bell}, timeout=seconds)
        self._heard += 1
        if done and self._heard % metrics.LAG_EVERY == 0:
            metrics.RELAY_LAG.observe(self._loop.time() - self._rang_at)
        return bool(done)

    def dismiss(self) -> None:
        """Nothing more will come: wake everybody for the last time."""
        self._is_dismissed = True
        self._cancel()
        self.ring()

    def _wait(self, seconds: float | None) -> None:
        self._cancel()
        if self._is_dismissed or seconds is None:
            return
        if seconds == 0:
            self._on_gone()
        else:
            self._farewell = self._loop.call_later(seconds, self._on_gone)

    def _cancel(self) -> None:
        if self._farewell is not None:
            self._farewell.cancel()
            self._farewell = None
