"""What runs in a serving process beside its requests: started before the first one, ended after the last."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from chat import database, deletion, tasks
from chat.accounts import sessions
from chat.catalog import inventory
from chat.generation import recovery
from chat.generation.control import running
from chat.live_list import feed
from chat.providers.registry import close_providers
from chatsite.application import checkpoint, process

# Each looks now and then, for as long as the process lives, for something to do.
WATCHES: Final[tuple[Callable[[], Coroutine[Any, Any, None]], ...]] = (
    recovery.watch,
    deletion.watch,
    inventory.watch,
    sessions.watch,
    checkpoint.watch,
)


class Background:
    """The background work of one process."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Finish what an earlier process left unfinished, and begin to look after the rest."""
        process.allow_many_connections()
        await database.run(recovery.recover)
        self._tasks = [asyncio.create_task(watch()) for watch in WATCHES]
        process.tune_garbage_collector()

    async def stop(self) -> None:
        """End every answer that is being written, and store what it has said."""
        for task in self._tasks:
            task.cancel()
        feed.close()
        await running().drain()
        await tasks.drain()
        await close_providers()
