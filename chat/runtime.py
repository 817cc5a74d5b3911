"""What a server process keeps in memory, in one object: modules have no variables of their own that change.

A room that has to remember something between requests (who follows a stream, which tasks are under way, what it has
read before) writes a class for it, and asks for this process's one with `part`. It is made when it is first asked for.
Nothing in it must be lost with the process: what must not is in the database.
"""

from threading import RLock
from typing import Any, TypeVar

Part = TypeVar("Part")


class Runtime:
    """One object of each class that somebody has asked for. Made in any thread; each class has its own rule for use."""

    def __init__(self) -> None:
        self._parts: dict[type[Any], Any] = {}
        # A part may ask for another one while it is made.
        self._making = RLock()

    def part(self, kind: type[Part]) -> Part:
        """Return this process's object of a class whose constructor takes nothing."""
        found: Part | None = self._parts.get(kind)
        if found is None:
            with self._making:
                found = self._parts.get(kind)
                if found is None:
                    found = self._parts[kind] = kind()
        return found


# The one variable of the server's modules that changes.
_runtime = Runtime()


def start() -> Runtime:
    """Begin with nothing remembered, when a server starts and in tests. Returns the new runtime."""
    global _runtime
    _runtime = Runtime()
    return _runtime


def part(kind: type[Part]) -> Part:
    """Return this process's object of a class; see `Runtime.part`."""
    return _runtime.part(kind)
