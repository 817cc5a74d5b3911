"""Background tasks: work that no request waits for. They run in the event loop and end with the server."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from chat import request_id, runtime


class BackgroundTasks:
    """The tasks under way. asyncio itself holds tasks only weakly: one that nobody keeps may vanish in the midst."""

    def __init__(self) -> None:
        self.running: set[asyncio.Task[Any]] = set()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Begin some work in the running event loop."""
    running = runtime.part(BackgroundTasks).running
    # A clean context: nothing of the request that it comes from may live on in it, but the id in its log lines.
    task = asyncio.get_running_loop().create_task(work, context=request_id.clean_context())
    running.add(task)
    task.add_done_callback(running.discard)


async def drain() -> None:
    """Cancel all tasks and wait until they have ended."""
    running = list(runtime.part(BackgroundTasks).running)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
