"""Passwords are hashed in a thread or two of their own, whoever asks: a hash costs a processor a third of a second.

Every road to a hash leads through `PASSWORD_HASHERS`, so the gate stands there. Who waits for a hash waits in a thread
of its own caller; `chatsite.login.throttle` sees to it that this is none that others need.
"""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

from django.contrib.auth import hashers

T = TypeVar("T")

# Half of the processors, and never more than two: the answers that are being written need the others.
THREADS: Final = max(1, min(2, (os.cpu_count() or 1) // 2))
# At once, being hashed or waiting. Below the number of lanes (`application.thread_pool`), some of which must stay free.
ROOM: Final = 6
# On Linux each thread has a priority of its own: the event loop's comes first where a processor is short.
NICENESS: Final = 10


class BusyError(Exception):
    """More passwords wait to be hashed than is worth waiting for."""


class Pool:
    """Threads that hash, and a queue of a fixed length before them."""

    def __init__(self, threads: int = THREADS, room: int = ROOM) -> None:
        self._room = threading.BoundedSemaphore(room)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="hashing", initializer=_step_back)

    def run(self, work: Callable[[], T]) -> T:
        """Return `work()`, called in a thread of the pool. Raises BusyError at once where the queue is full."""
        if not self._room.acquire(blocking=False):
            raise BusyError
        try:
            return self._executor.submit(work).result()
        finally:
            self._room.release()


def _step_back() -> None:
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_pool = Pool()


class Pooled(hashers.BasePasswordHasher):
    """A hasher whose work is done in the pool. Checking, upgrading and evening out times all call `encode`."""

    def encode(self, password: str, salt: str, *args: Any, **kwargs: Any) -> str:
        work = super().encode
        return _pool.run(lambda: work(password, salt, *args, **kwargs))


class PBKDF2(Pooled, hashers.PBKDF2PasswordHasher):
    """What passwords are stored with."""


class PBKDF2SHA1(Pooled, hashers.PBKDF2SHA1PasswordHasher):
    """Read where another Django stored it, and replaced at the next sign-in."""


class Scrypt(Pooled, hashers.ScryptPasswordHasher):
    """Read where another Django stored it, and replaced at the next sign-in."""
