"""Work that nobody waits for, kept until it is done and ended with the server."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from chat import request_id

_tasks: set[asyncio.Task[Any]] = set()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Begin some work in the running event loop."""
    # A clean context: nothing of the request that it comes from may live on in it, but the id in its log lines.
    task = asyncio.get_running_loop().create_task(work, context=request_id.clean_context())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def drain() -> None:
    """Cancel what is under way and wait until it has ended."""
    for task in _tasks:
        task.cancel()
    await asyncio.gather(*_tasks, return_exceptions=True)
