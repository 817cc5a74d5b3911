"""`python -m bench.relay [SCENARIO ...] [--runs 3] [--write]`: all relays, one sitting, medians."""

import argparse
import os
import sys
import time
from collections.abc import Iterable
from statistics import median

from bench.relay.page import table, write
from bench.relay.scenarios import SCENARIOS, Outcome, run
from bench.relay.servers import OTHERS, RELAYS, process
from chat.load.crowd import Report

# Of each server before it is measured: it imports and connects late.
WARM_UP = "questions"
# Connections close, memory is given back.
REST_SECONDS = 1.0

Results = dict[str, dict[str, list[Outcome]]]


def measure(names: Iterable[str], runs: int) -> Results:
    """Return what each relay did in each scenario, run by run."""
    found: Results = {name: {} for name in names}
    for _ in range(runs):
        with process("chat.load.upstream", processors=OTHERS) as (_, upstream):
            for relay_name, serve in RELAYS.items():
                with serve(upstream) as relay:
                    run(relay, relay_name, SCENARIOS[WARM_UP])
                    for name, outcomes in found.items():
                        if relay_name in SCENARIOS[name].relays:
                            outcome = run(relay, relay_name, SCENARIOS[name])
                            outcomes.setdefault(relay_name, []).append(outcome)
                            print(f"{name} {relay_name}: {outcome.per_token:.0f} µs per token", file=sys.stderr)
                            time.sleep(REST_SECONDS)
    return found


def middle(outcomes: list[Outcome]) -> Outcome:
    """Return the median of each figure; of errors and the like the sum: none may hide in a median."""

    def each(name: str) -> tuple[float, float, float]:
        p50, p95, p99 = (median(column) for column in zip(*(getattr(o.report, name) for o in outcomes), strict=True))
        return p50, p95, p99

    sums = {name: sum(getattr(o.report, name) for o in outcomes) for name in ("truncated", "errors", "lost")}
    first = outcomes[0].report
    return Outcome(
        report=Report(
            streams=first.streams,
            tokens=int(median(o.report.tokens for o in outcomes)),
            lag=each("lag"),
            ttft=each("ttft"),
            seconds=median(o.report.seconds for o in outcomes),
            steady=_median_of(o.report.steady for o in outcomes),
            **sums,
        ),
        cpu=median(o.cpu for o in outcomes),
        idle=median(o.idle for o in outcomes),
        peak=median(o.peak for o in outcomes),
    )


def _median_of(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return median(there) if there else None


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    arguments = parser.parse_args()
    names = arguments.scenarios or list(SCENARIOS)
    if unknown := set(names) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    os.sched_setaffinity(0, OTHERS & os.sched_getaffinity(0) or os.sched_getaffinity(0))
    results = measure(names, arguments.runs)
    rows = {
        SCENARIOS[name].title: {relay: middle(outcomes) for relay, outcomes in found.items()}
        for name, found in results.items()
    }
    text = table(rows)
    print(text)
    if arguments.write:
        command = " ".join(["python -m bench.relay", *arguments.scenarios, f"--runs {arguments.runs}"])
        print(f"written to {write(text, command)}", file=sys.stderr)
    if not all(outcome.report.is_clean for found in rows.values() for outcome in found.values()):
        sys.exit("Not every stream came whole.")


if __name__ == "__main__":
    main()
