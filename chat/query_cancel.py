"""Breaks off database work from another thread, also in the middle of a statement."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from django.db import DatabaseError, connection

T = TypeVar("T")

# SQLite asks after so many of its steps whether to go on; asking takes Python's lock.
STEPS: Final = 20_000
PATIENCE_SECONDS: Final = 2.0


class Interrupted(Exception):  # noqa: N818 - it is no error
    """The work was broken off: nobody waits for it any more."""


class Interruption:
    """One piece of work that may be broken off. `run` and `check` are its own thread's, `ask` is everybody's."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._lock = threading.Lock()
        # Only while it is ours: afterwards the pool gives it to somebody else, whose query shall not end.
        self._connection: Any = None

    def ask(self) -> None:
        """Break it off. A statement that begins at this moment may be missed: ask again until the work has ended."""
        self._asked.set()
        with self._lock:
            if self._connection is not None:
                self._connection.cancel_safe(timeout=PATIENCE_SECONDS)

    def check(self) -> None:
        """Raise Interrupted if the work shall end."""
        if self._asked.is_set():
            raise Interrupted

    def run(self, work: Callable[["Interruption"], T]) -> T:
        """Return `work(self)`. Raises Interrupted where it was broken off."""
        self.check()
        try:
            with self._watching(), connection.execute_wrapper(self._execute):
                return work(self)
        except DatabaseError:
            self.check()
            raise

    @contextmanager
    def _watching(self) -> Iterator[None]:
        connection.ensure_connection()
        own = connection.connection
        if connection.vendor == "sqlite":
            own.set_progress_handler(self._asked.is_set, STEPS)
        else:
            with self._lock:
                self._connection = own
        try:
            yield
        finally:
            if connection.vendor == "sqlite":
                own.set_progress_handler(None, 0)
            with self._lock:
                self._connection = None

    def _execute(self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        self.check()
        return execute(sql, parameters, many, context)
