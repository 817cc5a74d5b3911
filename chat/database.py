"""Runs database work beside the event loop, in a few threads that keep their connections.

Django's own bridge gives each request a thread and a connection for as long as the request lives, which for a
stream is minutes. Work that goes through here holds both only while it runs.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from functools import partial
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from chat import metrics, runtime
from chat.query_cancel import Interruption

P = ParamSpec("P")
T = TypeVar("T")

# SQLite has one writer anyway, and PostgreSQL answers these small transactions in about a millisecond each.
THREADS = 4
# Searching reads much, and Python compares texts one at a time: more threads would only take turns.
SEARCH_THREADS = 2
# How long after a search was broken off, between two statements perhaps, it is told again.
AGAIN_SECONDS = 0.25
COUNT_SECONDS = 1.0


class DatabaseThreads:
    """The thread pools of this process, the lock of SQLite's writers, and searches that are being broken off."""

    def __init__(self) -> None:
        self.shared = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="database")
        self.journal = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self.search = ThreadPoolExecutor(max_workers=SEARCH_THREADS, thread_name_prefix="search")
        self.names = {self.shared: "shared", self.journal: "journal", self.search: "search"}
        self.writer = threading.Lock()
        self.interrupting: set[asyncio.Task[None]] = set()
        # When the pool of connections is counted next, in monotonic seconds.
        self.next_count = 0.0


def _threads() -> DatabaseThreads:
    return runtime.part(DatabaseThreads)


async def run(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return `work(*args, **kwargs)`, called in a database thread; its exceptions are raised here."""
    return await _run_in(_threads().shared, partial(work, *args, **kwargs))


async def run_for_journal(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`run` in a thread of the journal's own: what is said must not wait behind a crowd of questions."""
    return await _run_in(_threads().journal, partial(work, *args, **kwargs))


async def run_search(work: Callable[[Interruption], T]) -> T:
    """`run` in one of the threads that only search. When the caller is cancelled, the work is broken off."""
    interruption = Interruption()
    job = asyncio.ensure_future(_run_in(_threads().search, partial(interruption.run, work)))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        # Nobody waits for the end of it, which may take a moment.
        ending = asyncio.ensure_future(_end(job, interruption))
        _threads().interrupting.add(ending)
        ending.add_done_callback(_threads().interrupting.discard)
        raise


async def _end(job: "asyncio.Future[Any]", interruption: Interruption) -> None:
    while not job.done():
        await asyncio.to_thread(interruption.ask)
        await asyncio.wait([job], timeout=AGAIN_SECONDS)
    # It was asked for, or is of no interest any more: either way it is looked at.
    if not job.cancelled():
        job.exception()


@contextmanager
def writing() -> Iterator[None]:
    """A transaction that writes, one after another in this process where the database is SQLite.

    Who waits for SQLite's own lock sleeps and looks again, up to 0.1 s at a time, and a crowd gets there first.
    """
    with _threads().writer if connection.vendor == "sqlite" else nullcontext(), transaction.atomic():
        yield


def storable_text(text: str) -> str:
    """Return `text` as every database keeps it: PostgreSQL takes no NUL, and none takes half of a surrogate pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


async def _run_in(executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    came = monotonic()
    jobs = metrics.DATABASE_JOBS.labels(_threads().names[executor])

    def call() -> T:
        metrics.DATABASE_WAIT.observe(monotonic() - came)
        try:
            return work()
        finally:
            # Opening a file is work worth saving; a connection from the pool goes back to it.
            if connection.vendor != "sqlite":
                connection.close()
                _count_pool(monotonic())

    with jobs.track_inprogress():
        return await asyncio.get_running_loop().run_in_executor(executor, copy_context().run, call)


def _count_pool(now: float) -> None:
    """Tell Prometheus of the pool, once in a while: counting takes as long as a small query."""
    threads = _threads()
    if now < threads.next_count:
        return
    threads.next_count = now + COUNT_SECONDS
    pool = connections[DEFAULT_DB_ALIAS].pool  # type: ignore[attr-defined]
    if pool is not None:
        stats = pool.get_stats()
        metrics.POOL.labels("open").set(stats["pool_size"])
        metrics.POOL.labels("free").set(stats["pool_available"])
        metrics.POOL.labels("waiting").set(stats.get("requests_waiting", 0))
