"""When those who read from providers look for more: a few at every piece, many together."""

import asyncio
from collections.abc import Callable
from typing import Final

# More readers than this in one process look together, so often: each finds more at a time, which is less work for
# everybody who has to do with it.
CROWD: Final = 20
SECONDS: Final = 0.05
# More than this look less often: at the usual pace they would take all of the processor, and everybody would wait.
LARGE_CROWD: Final = 500
LARGE_CROWD_SECONDS: Final = 0.075


class Beat:
    """The common pace of the readers of one provider. `crowd`: how many there are."""

    def __init__(self) -> None:
        self.crowd = 0
        self._looks: list[Callable[[], bool]] = []

    @property
    def is_kept(self) -> bool:
        """Whether there are so many that they look together."""
        return self.crowd > CROWD

    @property
    def seconds(self) -> float:
        """The time from one beat to the next."""
        return SECONDS if self.crowd <= LARGE_CROWD else LARGE_CROWD_SECONDS

    def keep(self, look: Callable[[], bool]) -> None:
        """Call `look` at every beat from the next one on, until it returns False."""
        if not self._looks:
            loop = asyncio.get_running_loop()
            due = loop.time() + self.seconds
            loop.call_at(due, self._look, due)
        self._looks.append(look)

    def _look(self, due: float) -> None:
        self._looks = [look for look in self._looks if look()]
        if self._looks:
            loop = asyncio.get_running_loop()
            # However long the looking took, it begins as often; only where it takes longer than that, less often.
            due = max(due + self.seconds, loop.time())
            loop.call_at(due, self._look, due)
