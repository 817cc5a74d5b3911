"""SIGTERM in the midst of many answers: everything readers saw is stored, and they hear how it ended."""

import sys
import time
from collections.abc import Iterator
from random import Random

from bench.soak import stage, stored
from bench.soak.busy import port_of
from bench.soak.figure import Figure
from bench.soak.follower import Follower
from bench.soak.stored import Answer
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

EXIT_SECONDS = 10.0


def differences(follower: Follower, answer: Answer | None) -> list[str]:
    """Return in words what somebody was told otherwise than it is stored."""
    found = list(follower.faults)
    if answer is None:
        return [*found, "not stored"] if follower.start else found
    if answer.status == "streaming":
        found.append("still being written")
    if follower.start:
        told = (follower.text, follower.reasoning)
        found += [] if told == (answer.text, answer.reasoning) else [f"told {told}, kept {answer}"]
    return found


def drain(site: Site, upstream: Upstream, streams: int, seed: int) -> Iterator[Figure]:
    """Stop the site while so many answers are being written, and start it again."""
    random = Random(f"{seed}/stop")
    followers = stage.followers(upstream, "stop", streams, random)
    asked_at = []

    def terminate() -> None:
        asked_at.append(time.monotonic())
        site.process.terminate()

    stage.strike(site, followers, random, terminate)
    code = site.stop()
    seconds = time.monotonic() - asked_at[0]
    answers = stored.answers(site, "stop/")
    requests = stored.requests(upstream, "stop/")
    site.start(port_of(site))
    changed, unended, misbilled = [], [], []
    for follower in followers:
        name, answer = follower.question, answers.get(follower.question)
        changed += [f"{name} {difference}" for difference in differences(follower, answer)]
        unended += [name] if follower.start and not follower.end else []
        rows = [row.attempt for row in answer.attempts] if answer else []
        if rows != list(range(1, requests[name] + 1)):
            misbilled.append(f"{name} {requests[name]} requests, rows {rows}")
    for words in (changed, unended, misbilled):
        print(*words[:5], sep="\n", end="\n" if words else "", file=sys.stderr)
    yield Figure(f"SIGTERM, {len(answers)} of {streams} streams begun (seed {seed}): exit code", code, 0)
    yield Figure("  time to the exit", seconds, EXIT_SECONDS, "s")
    yield Figure("  stored other than what readers saw", len(changed), 0)
    yield Figure("  readers that did not hear how it ended", len(unended), 0)
    yield Figure(f"  requests without one usage row, of {requests.total()}", len(misbilled), 0)
