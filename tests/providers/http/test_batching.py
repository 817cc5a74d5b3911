"""Who reads looks for more together with the others, as long as there is something to look for."""

import asyncio
import time

from chat.providers.http.batching import CROWD, LARGE_CROWD, SECONDS, Beat


async def test_a_few_keep_no_beat() -> None:
    beat = Beat()
    beat.crowd = CROWD
    assert not beat.is_kept
    beat.crowd += 1
    assert beat.is_kept


async def test_a_large_crowd_looks_less_often() -> None:
    beat = Beat()
    beat.crowd = LARGE_CROWD
    assert beat.seconds == SECONDS
    beat.crowd += 1
    assert beat.seconds > SECONDS


async def test_all_look_at_every_beat_until_they_have_seen_enough() -> None:
    beat, seen, over = Beat(), list[str](), asyncio.Event()

    def look(name: str, times: int) -> bool:
        seen.append(name)
        if seen.count(name) == times and name == "last":
            over.set()
        return seen.count(name) < times

    began = time.monotonic()
    for name, times in (("first", 1), ("second", 2), ("last", 3)):
        beat.keep(lambda name=name, times=times: look(name, times))  # type: ignore[misc]
    assert seen == []
    await asyncio.wait_for(over.wait(), 10)
    assert seen == ["first", "second", "last", "second", "last", "last"]
    # As many beats as it took, and none at once.
    assert time.monotonic() - began >= 3 * SECONDS - 0.01
    beat.keep(lambda: look("last", 0))
    seen[:] = []
    while not seen:
        await asyncio.sleep(SECONDS / 5)
