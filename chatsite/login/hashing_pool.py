"""Threads that hash passwords, one or two in a process: a hash costs a processor a third of a second."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

T = TypeVar("T")

# Half of the processors, and never more than two: the answers that are being written need the others.
THREADS: Final = max(1, min(2, (os.cpu_count() or 1) // 2))
# Being hashed or waiting. Below the number of request threads, some of which must stay free.
QUEUE_SIZE: Final = 6
# On Linux each thread has a priority of its own: the event loop's comes first where a processor is short.
NICENESS: Final = 10


class QueueFullError(Exception):
    """More passwords wait to be hashed than is worth waiting for."""


class HashingPool:
    """Threads that hash, and a queue of limited length."""

    def __init__(self, threads: int = THREADS, queue_size: int = QUEUE_SIZE) -> None:
        self._slots = threading.BoundedSemaphore(queue_size)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="hashing", initializer=_lower_priority)

    def run(self, work: Callable[[], T]) -> T:
        """Return `work()`, called in a thread of the pool. Raises QueueFullError at once where the queue is full."""
        if not self._slots.acquire(blocking=False):
            raise QueueFullError
        try:
            return self._executor.submit(work).result()
        finally:
            self._slots.release()


def _lower_priority() -> None:
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
