"""Answers at every stage: which of the scripts a question gets decides where a blow finds it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from bench.soak.follower import Follower
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

Knobs = dict[str, Any]
# Questions come within the first second. One blow in four falls while they come, the others once all are asked:
# so many seconds later at the most.
ASKING_SECONDS = 1.0
EARLY = 0.25
LATEST = 4.0
BEGUN_SECONDS = 20.0
# From word to word.
PACE = 0.04


def _flowing(**more: Any) -> Knobs:
    return {"stamps": True, "tokens": 1000, "delay": PACE, **more}


def starting(random: Random) -> list[Knobs]:
    """Nothing for a while, not even headers."""
    return [_flowing(delay_headers=random.uniform(0, LATEST))]


def thinking(random: Random) -> list[Knobs]:
    """Thoughts, then words."""
    return [_flowing(reasoning=[f"thought {number}, " for number in range(random.randint(1, 150))])]


def speaking(random: Random) -> list[Knobs]:
    """Words, from soon on and for long."""
    return [_flowing(delay_first=random.uniform(0, 0.5))]


def backing_off(random: Random) -> list[Knobs]:
    """Turned down, asked again after a second or two, perhaps turned down again."""
    return [{"status": random.choice([429, 503])}] * random.randint(1, 2) + [_flowing()]


def continuing(random: Random) -> list[Knobs]:
    """Words that break off, and a second request that goes on."""
    fault = random.choice(["close", "reset", "end", "error"])
    return [_flowing(then=fault, after=random.randint(1, 80)), _flowing()]


def finishing(random: Random) -> list[Knobs]:
    """An answer that is over before long."""
    return [_flowing(tokens=random.randint(1, 120))]


def refused(random: Random) -> list[Knobs]:
    """An answer that never comes to be."""
    return [{"status": 400, "delay_headers": random.uniform(0, 2)}]


def silent(random: Random) -> list[Knobs]:
    """Some words, then nothing more."""
    return [_flowing(then="hang", after=random.randint(0, 30))]


STAGES: tuple[Callable[[Random], list[Knobs]], ...] = (
    *(starting, thinking, speaking, speaking, backing_off, backing_off, continuing, continuing, finishing, finishing),
    *(refused, silent),
)


def followers(upstream: Upstream, label: str, streams: int, random: Random) -> list[Follower]:
    """Return those who will ask, their answers scripted; every question begins with `label`."""
    found = [Follower(f"{label}/{number}.", "gpt-4o-mini") for number in range(streams)]
    for number, follower in enumerate(found):
        upstream.script_prompt(follower.question, *STAGES[number % len(STAGES)](random))
    return found


async def _strike(site: Site, those: Sequence[Follower], random: Random, blow: Callable[[], object]) -> None:
    async def ask(follower: Follower, delay: float) -> None:
        await asyncio.sleep(delay)
        await follower.follow_while_it_lasts(site)

    tasks = [asyncio.create_task(ask(each, random.uniform(0, ASKING_SECONDS))) for each in those]
    is_early, delay = random.random() < EARLY, random.random()
    if not is_early:
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(each.begun.wait() for each in those)), BEGUN_SECONDS)
    await asyncio.sleep(delay * LATEST)
    blow()
    await asyncio.gather(*tasks)


def strike(site: Site, those: Sequence[Follower], random: Random, blow: Callable[[], object]) -> None:
    """Let them ask within a second, strike at some moment, and wait until all streams have ended."""
    asyncio.run(_strike(site, those, random, blow))
