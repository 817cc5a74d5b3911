"""Runs what must never happen as often as it takes to believe it: `python -m bench.soak [--full] [NAME ...]`.

Each part is a function with its size as a parameter, and returns its lines of the table.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.soak import budget, chaos, crash, crowd, drain, endurance, fuzz, ledger, readers, resume
from bench.soak.busy import answering, serving, settled
from bench.soak.figure import MIB, Figure
from bench.soak.fleet import fleet
from tests.harness.upstream.process import Upstream


def server(*, full: bool, seed: int) -> Iterator[Figure]:
    """One server after another crowd; nothing about them is random."""
    with tempfile.TemporaryDirectory() as directory, serving(Path(directory) / "data") as (site, _):
        yield from crowd.great_post(site, (200 if full else 50) * MIB)
        settled(site, None)
        yield from crowd.at_once(site, 300 if full else 60)
        settled(site, None)
        yield from crowd.cancelled(site, 10_000 if full else 200)
        settled(site, None)
        yield from readers.never_reading(site, 50 if full else 10, 60 if full else 5)


def killed(*, full: bool, seed: int) -> Iterator[Figure]:
    """One process after another on the same data, each killed while it answers."""
    with answering() as (site, upstream):
        yield from crash.crash(site, upstream, 20 if full else 3, 100 if full else 30, seed)


def stopped(*, full: bool, seed: int) -> Iterator[Figure]:
    """A process that is told to go while it answers."""
    with answering() as (site, upstream):
        yield from drain.drain(site, upstream, 100 if full else 30, seed)


def resumed(*, full: bool, seed: int) -> Iterator[Figure]:
    """Lines that drop and come back, half of them to either of two processes."""
    runs = 100 if full else 20
    with answering() as (site, upstream):
        yield from resume.resume([site], upstream, runs, seed)
        with (
            tempfile.TemporaryDirectory() as directory,
            resume.databases() as (database, redis),
            resume.pair(Path(directory), upstream, database, redis) as sites,
        ):
            yield from resume.resume(sites, upstream, runs, seed)


def fuzzed(*, full: bool, seed: int) -> Iterator[Figure]:
    """Streams that were damaged at random, straight into the decoders."""
    yield from fuzz.fuzz(600 if full else 5, seed)


def audited(*, full: bool, seed: int) -> Iterator[Figure]:
    """Answers of every fate, and what is on the books of them."""
    yield from ledger.books(1000 if full else 60, seed)


def raced(*, full: bool, seed: int) -> Iterator[Figure]:
    """Crowds at the end of a budget, at two processes, on SQLite and on PostgreSQL."""
    runs = 20 if full else 3
    with tempfile.TemporaryDirectory() as directory, Upstream() as upstream:
        environment = {"OPENAI_BASE_URL": upstream.base_url, "CHAT_MAX_STREAMS_PER_USER": "0"}
        with budget.pair(Path(directory) / "data", environment) as sites:
            yield from budget.race(sites, upstream, runs, seed)
        with (
            resume.databases() as (database, redis),
            resume.pair(Path(directory), upstream, database, redis) as sites,
        ):
            yield from budget.race(sites, upstream, runs, seed)


def many(*, full: bool, seed: int) -> Iterator[Figure]:
    """Many streams for long, at two workers behind nginx."""
    with fleet() as running:
        yield from endurance.endurance(running, 500 if full else 20, 600 if full else 20)


def struck(*, full: bool, seed: int) -> Iterator[Figure]:
    """A worker, Redis and PostgreSQL struck in turn while answers are written."""
    with fleet() as running:
        yield from chaos.chaos(running, 20 if full else 3, 30 if full else 8, seed)


def replaced(*, full: bool, seed: int) -> Iterator[Figure]:
    """Both workers replaced while answers are written."""
    with fleet() as running:
        yield from chaos.rolling(running, 100 if full else 10, seed)


PARTS: dict[str, Callable[..., Iterator[Figure]]] = {
    "server": server,
    "crash": killed,
    "drain": stopped,
    "resume": resumed,
    "fuzz": fuzzed,
    "ledger": audited,
    "budget": raced,
    "endurance": many,
    "chaos": struck,
    "rolling": replaced,
}


def main() -> int:
    """Print the table. Returns 1 if a figure is above its limit."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes of the promises; without it, a minute or two")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats what was random in a run")
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], metavar="part", help=f"of {', '.join(PARTS)}; all")
    chosen = parser.parse_args()
    kept = True
    seed = f"seed {chosen.seed}"
    print(f"{seed:<72} {'measured':>10} {'at most':>10}")
    for part in chosen.part or PARTS:
        for figure in PARTS[part](full=chosen.full, seed=chosen.seed):
            print(f"{figure.name:<72} {figure.value:10.1f} {figure.limit:10.1f} {figure.unit}", flush=True)
            kept = kept and figure.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
