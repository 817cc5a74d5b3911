"""The followers of a generation: counts them, wakes them, and waits `grace` seconds for one to return."""

import asyncio
from collections.abc import Callable
from time import monotonic

from chat import metrics


def _nothing() -> None:
    """See `Followers.dismiss`."""


class Followers:
    """The followers of one generation in this process.

    `on_gone` is called when there has been no follower for `grace` seconds; None is for ever.
    """

    def __init__(self, grace: float | None, on_gone: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._grace = grace
        self._on_gone = on_gone
        self._followers = 0
        self._farewell: asyncio.TimerHandle | None = None
        self._waiting: list[asyncio.Future[bool]] = []
        self._rang_at = 0.0
        self._silence: asyncio.TimerHandle | None = None
        self._is_dismissed = False
        self._waits = 0

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
        if not self._followers and self._silence is not None:
            self._silence.cancel()
            self._silence = None
        self.miss(can_return=can_return)

    def miss(self, *, can_return: bool) -> None:
        """Somebody followed, here or elsewhere, and may not be there any more."""
        if not self._followers:
            self._wait(self._grace if can_return else 0.0)

    def ring(self) -> None:
        """There is news: wake all followers."""
        if self._waiting:
            self._rang_at = monotonic()
            self._wake(news=True)

    def _wake(self, *, news: bool) -> None:
        waiting, self._waiting = self._waiting, []
        for follower in waiting:
            # One that has left was cancelled.
            if not follower.done():
                follower.set_result(news)

    def news(self, seconds: float) -> "asyncio.Future[bool]":
        """Return what waits for the next ring; False if there was none for so long."""
        if self._silence is None:
            # One timer for the followers and all their waiting: most of them wait for milliseconds.
            self._silence = self._loop.call_later(seconds, self._break_silence, seconds)
        waiting: asyncio.Future[bool] = self._loop.create_future()
        self._waiting.append(waiting)
        self._waits += 1
        if self._waits % metrics.LAG_EVERY == 0:
            waiting.add_done_callback(self._measure)
        return waiting

    def _measure(self, heard: "asyncio.Future[bool]") -> None:
        # The event loop calls this right before the follower itself goes on.
        if not heard.cancelled() and heard.result():
            metrics.RELAY_LAG.observe(monotonic() - self._rang_at)

    def _break_silence(self, seconds: float) -> None:
        left = self._rang_at + seconds - monotonic()
        if left <= 0:
            self._wake(news=False)
        self._silence = self._loop.call_later(left if left > 0 else seconds, self._break_silence, seconds)

    def dismiss(self) -> None:
        """Nothing more will come: wake everybody for the last time."""
        self._is_dismissed = True
        # It knows the generation, which knows its followers: its text would wait for the garbage collector.
        self._on_gone = _nothing
        self._cancel()
        self._rang_at = monotonic()
        self._wake(news=True)

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
