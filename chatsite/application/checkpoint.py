"""Writes back what SQLite has gathered in its write-ahead log, beside the requests.

SQLite does it by itself, in the transaction that fills the log. That one then waits for the disk, for tenths of a
second where others use it, and with it every answer that is to be written. Here it is done in a thread that nobody
waits for; writers and readers go on meanwhile. What a full log makes SQLite do (`SQLITE_OPTIONS` in the settings) is
left to programs that run without this. Source: https://www.sqlite.org/wal.html, sections 2.1 and 3.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from django.db import connection

logger = logging.getLogger(__name__)

# As soon as all is written back the log begins anew, which costs its next writer a wait for the disk.
SECONDS: Final = 5.0


def write_back() -> None:
    """Write back all that no reader needs in the log any more. With nothing to be written it costs nothing."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


async def watch() -> None:
    """Write back now and then, until cancelled."""
    if connection.vendor != "sqlite":
        return
    thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
    try:
        while True:
            await asyncio.sleep(SECONDS)
            try:
                await asyncio.get_running_loop().run_in_executor(thread, write_back)
            except Exception:
                logger.exception("SQLite's log could not be written back; tried again")
    finally:
        thread.shutdown(wait=False)
