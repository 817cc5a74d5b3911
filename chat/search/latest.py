"""One search at a time for each user: a newer one ends an older one.

This holds within a process; another worker may search for the same user at the same time, in threads of its own.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

from chat import database, runtime
from chat.errors import ChatError
from chat.query_cancel import Interruption

T = TypeVar("T")

SECONDS: Final = 20.0


class LatestSearches:
    """The search under way of each user of this process, by user id."""

    def __init__(self) -> None:
        self.by_user: dict[int, asyncio.Future[Any]] = {}


async def search(user_id: int, work: Callable[[Interruption], T]) -> T:
    """Return what `work` finds, called in a thread that only searches; it ends when its caller is cancelled.

    Raises ChatError `conflict` when the same user began another search meanwhile, `timeout` when it took too long.
    """
    latest = runtime.part(LatestSearches).by_user
    if older := latest.get(user_id):
        older.cancel()
    mine = latest[user_id] = asyncio.ensure_future(database.run_search(work))
    try:
        async with asyncio.timeout(SECONDS):
            found: T = await mine
            return found
    except TimeoutError:
        raise ChatError("timeout", "The search took too long. Search for longer or rarer words.") from None
    except asyncio.CancelledError:
        caller = asyncio.current_task()
        if latest.get(user_id) is mine or caller is None or caller.cancelling():
            raise
        raise ChatError("conflict", "Another search of yours began meanwhile, and only the newest goes on.") from None
    finally:
        if latest.get(user_id) is mine:
            del latest[user_id]
