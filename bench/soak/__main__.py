"""Runs what must never happen as often as it takes to believe it: `python -m bench.soak [--full] [NAME ...]`.

Each part is a function with its size as a parameter, and returns its lines of the table.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.soak import crowd, readers
from bench.soak.busy import serving, settled
from bench.soak.figure import MIB, Figure


def server(*, full: bool) -> Iterator[Figure]:
    """One server after another crowd."""
    with tempfile.TemporaryDirectory() as directory, serving(Path(directory) / "data") as (site, _):
        yield from crowd.great_post(site, (200 if full else 50) * MIB)
        settled(site, None)
        yield from crowd.at_once(site, 300 if full else 60)
        settled(site, None)
        yield from crowd.cancelled(site, 10_000 if full else 200)
        settled(site, None)
        yield from readers.never_reading(site, 50 if full else 10, 60 if full else 5)


PARTS: dict[str, Callable[..., Iterator[Figure]]] = {"server": server}


def main() -> int:
    """Print the table. Returns 1 if a figure is above its limit."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes of the promises; without it, a minute or two")
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], metavar="part", help=f"of {', '.join(PARTS)}; all")
    chosen = parser.parse_args()
    kept = True
    print(f"{'':<72} {'measured':>10} {'at most':>10}")
    for part in chosen.part or PARTS:
        for figure in PARTS[part](full=chosen.full):
            print(f"{figure.name:<72} {figure.value:10.1f} {figure.limit:10.1f} {figure.unit}", flush=True)
            kept = kept and figure.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
