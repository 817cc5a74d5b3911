"""Readers that drop their line at random places and come back, here or at another process."""

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psycopg

from bench.soak import stored
from bench.soak.figure import Figure
from bench.soak.follower import Follower
from bench.soak.said import Said
from bench.soak.stored import Answer
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

TOGETHER = 20


@contextmanager
def pair(directory: Path, upstream: Upstream, database: str, redis: str) -> Iterator[tuple[Site, Site]]:
    """Two sites that share everything but their process."""
    environment = {
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "OPENAI_BASE_URL": upstream.base_url,
        "CHAT_MAX_STREAMS_PER_USER": "0",
        "SECRET_KEY": "only-for-this-run-" + "x" * 40,
    }
    with Site(directory / "first", environment) as first:
        first.until_listed("gpt-4o")
        second = Site(directory / "second", environment, people=False)
        second.keys = first.keys
        with second:
            yield first, second


@contextmanager
def databases() -> Iterator[tuple[str, str]]:
    """The addresses of an empty PostgreSQL database, dropped afterwards, and of a Redis."""
    server = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432")
    redis = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    name = f"chatsite_soak_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server}/{name}", redis
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def drop_and_resume(follower: Follower, sites: Sequence[Site], random: Random) -> int:
    """Follow to the end with drops on the way, anywhere, and after it. Returns how often the line was dropped."""
    drops = random.randint(1, 6)
    for _ in range(drops):
        # Within the first event, anywhere, or never: then the drop comes after the end.
        most = random.choice((0, random.randint(1, 600), random.randint(1, 6000), random.randint(1, 6000), None))
        await follower.follow(random.choice(sites), most)
        await asyncio.sleep(random.choice((0, 0, random.uniform(0, 0.6))))
    await follower.follow(random.choice(sites))
    return drops


def differences(follower: Follower, said: Said, answer: Answer | None) -> list[str]:
    """Return in words where what was said, heard and stored are not the same."""
    heard = Said(follower.reasoning, [call for _, call in sorted(follower.tool_calls.items())], follower.text)
    found = list(follower.faults)
    found += [] if heard == said else [f"said {said}, heard {heard}"]
    if answer is None:
        return [*found, "not stored"]
    kept = Said(answer.reasoning, answer.tool_calls, answer.text)
    found += [] if kept == said else [f"said {said}, kept {kept}"]
    found += [] if follower.end and follower.end["type"] == "done" else [f"ended with {follower.end}"]
    return found + ([] if len(answer.attempts) == 1 and not follower.refusals else ["refused, or asked twice"])


def resume(sites: Sequence[Site], upstream: Upstream, runs: int, seed: int) -> Iterator[Figure]:
    """Ask so often, some at a time, and follow at any of the sites."""
    label = f"resume at {len(sites)}"
    random = Random(f"{seed}/{label}")
    followers, answers = [], []
    for run in range(runs):
        followers.append(Follower(f"{label}/{run}.", "gpt-4o-mini"))
        answers.append(Said.random(random))
        upstream.script_prompt(followers[-1].question, answers[-1].script(random))
    tickets = asyncio.Semaphore(TOGETHER)

    async def one(follower: Follower, own: Random) -> int:
        async with tickets:
            return await drop_and_resume(follower, sites, own)

    async def everyone() -> list[int]:
        return await asyncio.gather(*(one(each, Random(f"{seed}/{each.question}")) for each in followers))

    drops = sum(asyncio.run(everyone()))
    kept = stored.answers(sites[0], label)
    wrong = [
        f"{follower.question} {difference}"
        for follower, said in zip(followers, answers, strict=True)
        for difference in differences(follower, said, kept.get(follower.question))
    ]
    print(*wrong[:5], sep="\n", end="\n" if wrong else "", file=sys.stderr)
    where = "one process" if len(sites) == 1 else "either of two processes"
    yield Figure(f"{runs} answers, {drops} drops, resumed at {where} (seed {seed}): differences", len(wrong), 0)
