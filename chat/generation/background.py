"""Work that nobody waits for, kept until it is done and ended with the server."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

_tasks: set[asyncio.Task[Any]] = set()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Begin some work in the running event loop."""
    # A clean context: nothing of the request that it comes from may live on in it.
    task = asyncio.get_running_loop().create_task(work, context=Context())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def drain() -> None:
    """Cancel what is under way and wait until it has ended."""
    for task in _tasks:
        task.cancel()
    await asyncio.gather(*_tasks, return_exceptions=True)
