"""The misbehaving application below the site's own ASGI layers, to be run by any server."""

import asyncio
import os
import sys

from chatsite.application.body_limit import BodyLimit
from chatsite.application.lifecycle import Lifecycle
from chatsite.application.responses import Responses
from tests.server.misbehaving import application as misbehaving
from tests.server.misbehaving import seen

MAX_BYTES = 100_000


async def start() -> None:
    """Count the starts."""
    seen["starts"] += 1


async def stop() -> None:
    """Store what is under way, which takes as long as ON_STOP says, in seconds."""
    await asyncio.sleep(float(os.environ.get("ON_STOP", "0")))
    sys.stdout.write(f"stored, {seen['flood_cancelled']} cancelled before\n")
    sys.stdout.flush()


application = Responses(
    Lifecycle(BodyLimit(misbehaving, MAX_BYTES, seconds=1, linger_seconds=1), start=start, stop=stop)
)
