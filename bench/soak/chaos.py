"""A worker is killed, Redis or PostgreSQL restarted while answers are written; or all workers are replaced."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from random import Random

from bench.soak import stored
from bench.soak.figure import Figure
from bench.soak.fleet import MODEL, Fleet
from bench.soak.follower import Follower
from bench.soak.stored import Answer

WORDS = 150
PACE = 0.04
# How long a follower goes on asking for what it has not heard the end of.
PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 0.3
LATEST = 3.0
# A killed worker's answers are interrupted within this time.
RECOVERY_SECONDS = 15.0


def kill_worker(fleet: Fleet, random: Random) -> None:
    """SIGKILL to one of the workers."""
    os.kill(random.choice(fleet.workers()), signal.SIGKILL)


BLOWS: dict[str, Callable[[Fleet, Random], None]] = {
    "worker killed": kill_worker,
    "Redis restarted": lambda fleet, random: fleet.redis.restart(),
    "PostgreSQL restarted": lambda fleet, random: fleet.postgres.restart(),
}


async def _persist(follower: Follower, fleet: Fleet) -> None:
    """Follow, and follow again as a browser does, until the end is heard."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while follower.end is None and time.monotonic() < deadline:
        with suppress(OSError, asyncio.IncompleteReadError):
            await follower.follow(fleet.through)
        if follower.end is None:
            await asyncio.sleep(AGAIN_SECONDS)


async def _struck(fleet: Fleet, followers: Sequence[Follower], blow: Callable[[], None], delay: float) -> float:
    """Let all ask, strike once all have begun. Returns how long it took from then until all had heard the end."""
    tasks = [asyncio.create_task(_persist(each, fleet)) for each in followers]
    await asyncio.gather(*(asyncio.wait_for(each.begun.wait(), PATIENCE_SECONDS) for each in followers))
    await asyncio.sleep(delay)
    began = time.monotonic()
    await asyncio.to_thread(blow)
    await asyncio.gather(*tasks)
    return time.monotonic() - began


def followers(fleet: Fleet, label: str, streams: int) -> list[Follower]:
    """Return those who will ask, their answers scripted."""
    found = [Follower(f"{label}/{number}.", MODEL) for number in range(streams)]
    for follower in found:
        fleet.upstream.script_prompt(follower.question, tokens=WORDS, delay=PACE)
    return found


def untrue(follower: Follower, answer: Answer | None) -> str:
    """Return in words what is not true of an answer, or was shown and is lost; empty if all is well."""
    if answer is None:
        return "not stored"
    if follower.end is None:
        return f"its end was never heard, it is {answer.status}"
    if follower.faults:
        return follower.faults[0]
    told = {"done": {"complete", "stopped"}, "error": {"interrupted", "failed"}}[follower.end["type"]]
    if answer.status not in told:
        return f"ended with {follower.end['type']}, stored as {answer.status}"
    if not answer.text.startswith(follower.text):
        return f"shown to the {len(follower.text)}th character, kept to the {len(answer.text)}th"
    return ""


def chaos(fleet: Fleet, runs: int, streams: int, seed: int) -> Iterator[Figure]:
    """Strike so often, with one blow after the other."""
    wrong: list[str] = []
    ends: Counter[str] = Counter()
    slowest = 0.0
    down = 0
    for run in range(runs):
        random = Random(f"{seed}/chaos/{run}")
        name, blow = list(BLOWS.items())[run % len(BLOWS)]
        those = followers(fleet, f"chaos {run}", streams)
        seconds = asyncio.run(_struck(fleet, those, partial(blow, fleet, random), random.random() * LATEST))
        slowest = max(slowest, seconds)
        answers = stored.answers(fleet.site, f"chaos {run}/")
        ends.update(answer.status for answer in answers.values())
        found = [(each.question, untrue(each, answers.get(each.question))) for each in those]
        wrong += [f"{name}: {question} {words}" for question, words in found if words]
        down += not _serves(fleet)
    print(*wrong[:10], sep="\n", end="\n" if wrong else "", file=sys.stderr)
    said = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    yield Figure(
        f"{', '.join(BLOWS)}; {runs} runs of {streams} streams (seed {seed}): untrue ends, text lost", len(wrong), 0
    )
    yield Figure(f"  of {said}: last end heard after", slowest, WORDS * PACE + RECOVERY_SECONDS + 10, "s")
    yield Figure("  runs after which the site did not answer by itself", down, 0)


def _serves(fleet: Fleet) -> bool:
    """Whether the site is ready again, soon, and a question is answered."""
    deadline = time.monotonic() + 30
    with fleet.through.client() as client:
        while client.get("/readyz").status_code != 200:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        answer = client.post("/api/chat", json={"message": "Is anybody there?", "model": MODEL})
        return answer.status_code == 200


def rolling(fleet: Fleet, streams: int, seed: int) -> Iterator[Figure]:
    """Replace both workers while so many answers are written."""
    random = Random(f"{seed}/rolling")
    before = set(fleet.workers())
    those = followers(fleet, "rolling", streams)
    asyncio.run(_struck(fleet, those, lambda: fleet.site.process.send_signal(signal.SIGHUP), random.random()))
    deadline = time.monotonic() + 60
    while (set(fleet.workers()) & before or len(fleet.workers()) != 2) and time.monotonic() < deadline:
        time.sleep(0.2)
    answers = stored.answers(fleet.site, "rolling/")
    wrong = [f"{each.question} {words}" for each in those if (words := untrue(each, answers.get(each.question)))]
    print(*wrong[:10], sep="\n", end="\n" if wrong else "", file=sys.stderr)
    unfinished = sum(answer.status != "complete" for answer in answers.values())
    yield Figure(f"rolling restart under {streams} streams: untrue ends, text lost", len(wrong), 0)
    yield Figure("  answers that are not whole", unfinished, 0)
    yield Figure("  lines that were cut and taken up again", sum(each.lines for each in those) - streams, 0)
    yield Figure("  old workers that are still there", len(set(fleet.workers()) & before), 0)
