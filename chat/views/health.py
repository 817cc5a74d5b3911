"""Whether the process is alive, and whether it is ready to be sent requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Final

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse

from chat import database
from chat.generation import control
from chat.live_list import pubsub
from chat.views.access import respond

logger = logging.getLogger(__name__)

# A check that takes longer than this counts as failed.
PATIENCE_SECONDS: Final = 2.0


async def alive(request: HttpRequest) -> HttpResponse:
    """Liveness: says that the event loop turns, and asks nobody else."""
    return respond({"status": "ok"})


async def ready(request: HttpRequest) -> HttpResponse:
    """Readiness: 200 if everything that an answer needs is there, 503 and what is not."""
    checks: dict[str, Callable[[], Awaitable[bool]]] = {
        "database": lambda: database.run(_is_migrated),
        "channel_layer": pubsub.is_reachable,
        "serving": _is_serving,
    }
    passed = await asyncio.gather(*(_passes(name, check) for name, check in checks.items()))
    found = dict(zip(checks, passed, strict=True))
    is_ready = all(passed)
    return respond({"status": "ok" if is_ready else "unavailable", "checks": found}, 200 if is_ready else 503)


async def _passes(name: str, check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await check()
    except Exception as error:  # noqa: BLE001 - whatever it is, this is not ready
        logger.warning("Not ready: %s (%s)", name, type(error).__name__)
        return False


async def _is_serving() -> bool:
    return not control.running().is_closing


def _is_migrated() -> bool:
    """Whether the database answers, and has all the migrations of this version."""
    return _migrations() <= set(MigrationRecorder(connection).applied_migrations())


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
