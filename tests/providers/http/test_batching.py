"""Who reads looks for more together with the others, as long as there is something to look for."""

import asyncio
import time

from chat.providers.http.batching import MOST_AT_FULL_PACE, MOST_UNBATCHED, SECONDS, ReadBatcher


async def test_a_few_keep_no_beat() -> None:
    batcher = ReadBatcher()
    batcher.readers = MOST_UNBATCHED
    assert not batcher.is_on
    batcher.readers += 1
    assert batcher.is_on


async def test_a_large_crowd_looks_less_often() -> None:
    batcher = ReadBatcher()
    batcher.readers = MOST_AT_FULL_PACE
    assert batcher.seconds == SECONDS
    batcher.readers += 1
    assert batcher.seconds > SECONDS


async def test_all_look_at_every_beat_until_they_have_seen_enough() -> None:
    batcher, seen, over = ReadBatcher(), list[str](), asyncio.Event()

    def look(name: str, times: int) -> bool:
        seen.append(name)
        if seen.count(name) == times and name == "last":
            over.set()
        return seen.count(name) < times

    began = time.monotonic()
    for name, times in (("first", 1), ("second", 2), ("last", 3)):
        batcher.add(lambda name=name, times=times: look(name, times))  # type: ignore[misc]
    assert seen == []
    await asyncio.wait_for(over.wait(), 10)
    assert seen == ["first", "second", "last", "second", "last", "last"]
    # As many beats as it took, and none at once.
    assert time.monotonic() - began >= 3 * SECONDS - 0.01
    batcher.add(lambda: look("last", 0))
    seen[:] = []
    while not seen:
        await asyncio.sleep(SECONDS / 5)
