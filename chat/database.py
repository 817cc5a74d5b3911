"""Runs database work beside the event loop, in a few threads that keep their connections.

Django's own bridge gives each request a thread and a connection for as long as the request lives, which for a
stream is minutes. Work that goes through here holds both only while it runs.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")

# SQLite has one writer anyway, and PostgreSQL answers these small transactions in about a millisecond each.
THREADS = 4

_executor = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="database")


async def run(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return `work(*args, **kwargs)`, called in a database thread; its exceptions are raised here."""

    def call() -> T:
        try:
            return work(*args, **kwargs)
        finally:
            # Opening a file is work worth saving; a connection from the pool goes back to it.
            if connection.vendor != "sqlite":
                connection.close()

    return await asyncio.get_running_loop().run_in_executor(_executor, copy_context().run, call)
