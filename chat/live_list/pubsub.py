"""Publish and subscribe between processes, over the shared channel layer (Redis) where there is one.

A channel is the id of a generation or a name. Messages carry nothing, and may be lost: whoever listens also looks into
the database by itself now and then.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from django.conf import settings

logger = logging.getLogger(__name__)

# How long a follower of another process's answer waits at the most before it looks into the database.
POLL_SECONDS = 0.25
# How long after the channel layer failed it is tried again.
RETRY_SECONDS = 5.0


def _group(name: UUID | str) -> str:
    return f"news.{name}"


async def publish(names: Iterable[UUID | str]) -> None:
    """Wake the listeners of these channels in other processes; nothing to do without a shared channel layer."""
    if not settings.REDIS_URL:
        return
    from channels.layers import get_channel_layer

    layer = get_channel_layer()
    try:
        for name in names:
            await layer.group_send(_group(name), {"type": "news"})
    except Exception as error:  # noqa: BLE001 - whatever failed, listeners look by themselves
        logger.warning("The channel layer could not be told: %s", type(error).__name__)


@asynccontextmanager
async def listening(name: UUID | str) -> AsyncGenerator[Callable[[], Awaitable[None]], None]:
    """Give a function that waits for the next message on a channel, at most `POLL_SECONDS`."""
    news = asyncio.Event()

    async def wait() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), POLL_SECONDS)
        news.clear()

    async def sleep() -> None:
        await asyncio.sleep(POLL_SECONDS)

    if not settings.REDIS_URL:
        yield sleep
        return
    listener = asyncio.create_task(listen(name, news))
    try:
        yield wait
    finally:
        listener.cancel()


async def is_reachable() -> bool:
    """Return True if the channel layer takes a message, or none is shared. Raises what the layer raises."""
    if settings.REDIS_URL:
        from channels.layers import get_channel_layer

        await get_channel_layer().group_send(_group("nobody"), {"type": "news"})
    return True


async def listen(name: UUID | str, news: asyncio.Event) -> None:
    """Set `news` at each message of another process; returns at once where there is no shared channel layer."""
    if not settings.REDIS_URL:
        return
    while True:
        try:
            await _listen(_group(name), news)
        except Exception as error:  # noqa: BLE001 - the same
            logger.warning("The channel layer cannot be listened to: %s", type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)


async def _listen(group: str, news: asyncio.Event) -> None:
    from channels.layers import get_channel_layer

    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    try:
        while True:
            await layer.receive(channel)
            news.set()
    finally:
        await layer.group_discard(group, channel)
