"""Batches reads from providers: few streams are read as bytes arrive, many together at an interval, to save CPU."""

import asyncio
from collections.abc import Callable
from typing import Final

# More readers of a provider than this look together, every so many seconds: each then finds more at a time, which is
# less work for everything that it passes.
MOST_UNBATCHED: Final = 20
SECONDS: Final = 0.05
# More than this look less often: at the usual pace they would take all of the processor.
MOST_AT_FULL_PACE: Final = 500
SLOW_SECONDS: Final = 0.075


class ReadBatcher:
    """Has the readers of one provider read at the same moments. `readers`: how many there are."""

    def __init__(self) -> None:
        self.readers = 0
        self._calls: list[Callable[[], bool]] = []

    @property
    def is_on(self) -> bool:
        """Whether there are so many that they read together."""
        return self.readers > MOST_UNBATCHED

    @property
    def seconds(self) -> float:
        """The seconds from one reading to the next."""
        return SECONDS if self.readers <= MOST_AT_FULL_PACE else SLOW_SECONDS

    def add(self, look: Callable[[], bool]) -> None:
        """Call `look` at every reading from the next one on, until it returns False."""
        if not self._calls:
            loop = asyncio.get_running_loop()
            due = loop.time() + self.seconds
            loop.call_at(due, self._run, due)
        self._calls.append(look)

    def _run(self, due: float) -> None:
        self._calls = [look for look in self._calls if look()]
        if self._calls:
            loop = asyncio.get_running_loop()
            # However long the looking took, it begins as often; only where it takes longer than that, less often.
            due = max(due + self.seconds, loop.time())
            loop.call_at(due, self._run, due)
