"""Tells other processes that something has news: a generation, by its id, or what else has a name.

It only rings: it carries no text and may be missed.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from django.conf import settings

logger = logging.getLogger(__name__)

# How long a follower sleeps at the most: what the bell tells sooner, looking tells now and then.
POLL_SECONDS = 0.25
# How long after the channel layer failed it is listened to again.
AGAIN_SECONDS = 5.0


def _group(name: UUID | str) -> str:
    return f"news.{name}"


async def ring(names: Iterable[UUID | str]) -> None:
    """Wake the listeners that other processes have. Without a shared channel layer there is nobody to wake."""
    if not settings.REDIS_URL:
        return
    from channels.layers import get_channel_layer

    layer = get_channel_layer()
    try:
        for name in names:
            await layer.group_send(_group(name), {"type": "news"})
    except Exception as error:  # noqa: BLE001 - whatever the layer has, followers look by themselves
        logger.warning("The channel layer could not be told: %s", type(error).__name__)


@asynccontextmanager
async def listening(name: UUID | str) -> AsyncGenerator[Callable[[], Awaitable[None]], None]:
    """Give a function that waits for the bell of a generation, or as long as a follower may sleep."""
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


async def is_there() -> bool:
    """Whether the channel layer can be told something; True where none is shared. Raises what it has against it."""
    if settings.REDIS_URL:
        from channels.layers import get_channel_layer

        await get_channel_layer().group_send(_group("nobody"), {"type": "news"})
    return True


async def listen(name: UUID | str, news: asyncio.Event) -> None:
    """Set `news` whenever another process rings; ends at once where there is no shared channel layer."""
    if not settings.REDIS_URL:
        return
    while True:
        try:
            await _listen(_group(name), news)
        except Exception as error:  # noqa: BLE001 - the same
            logger.warning("The channel layer cannot be listened to: %s", type(error).__name__)
        await asyncio.sleep(AGAIN_SECONDS)


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
