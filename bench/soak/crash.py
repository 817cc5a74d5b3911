"""kill -9 in the midst of many answers, again and again on one data directory."""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from bench.soak import stage, stored
from bench.soak.busy import port_of
from bench.soak.figure import Figure
from bench.soak.follower import Follower
from bench.soak.stored import Answer, Row
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

# How long after the start of the next process an answer may seem to be under way.
RECOVERY_SECONDS = 15.0


@dataclass
class Losses:
    """What the kills cost: lists of words that tell which question, and the worst delay in seconds."""

    lost: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    behind: float = 0.0
    unfinished: list[str] = field(default_factory=list)
    unbilled: list[str] = field(default_factory=list)
    overbilled: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    requests: int = 0
    unknown: int = 0
    ends: Counter[str] = field(default_factory=Counter)

    def compare(self, follower: Follower, answer: Answer | None) -> None:
        """Hold what somebody was told against what is there after the kill."""
        name = follower.question
        self.changed += [f"{name} {fault}" for fault in follower.faults]
        if answer is None:
            self.lost += [name] if follower.start else []
            return
        if follower.start and follower.start["message_id"] != answer.id:
            self.lost.append(name)
        for told, kept in ((follower.text, answer.text), (follower.reasoning, answer.reasoning)):
            if not (told.startswith(kept) or kept.startswith(told)):
                self.changed.append(f"{name} told {told!r}, kept {kept!r}")
        thoughts = follower.reasoning.count(",") - answer.reasoning.count(",")
        self.behind = max(self.behind, seconds_behind(follower.text, answer.text), thoughts * stage.PACE)

    def bill(self, name: str, requests: int, answer: Answer | None) -> None:
        """Hold what the upstream was asked against the ledger.

        Whether a request that was just leaving arrived cannot be known afterwards: it has a row without counts.
        """
        self.requests += requests
        rows = answer.attempts if answer else []
        words = f"{name} {requests} requests, {rows}"
        self.unbilled += [words] if len(rows) < requests else []
        self.twice += [words] if [row.attempt for row in rows] != list(range(1, len(rows) + 1)) else []
        surplus = rows[requests:]
        if surplus == [Row(len(rows), None)]:
            self.unknown += 1
        elif surplus:
            self.overbilled.append(words)


def seconds_behind(told: str, kept: str) -> float:
    """Return how much older the last word that was kept is than the last one told; words are stamps."""
    seen = [float(word) for word in re.findall(r"\d+\.\d{6}", told)]
    there = [float(word) for word in re.findall(r"\d+\.\d{6}", kept)] or seen[:1]
    return seen[-1] - there[-1] if seen else 0.0


def finished(site: Site, label: str, deadline: float) -> dict[str, Answer]:
    """Return the answers once none is under way any more, or as they are at the deadline."""
    while True:
        answers = stored.answers(site, label)
        if time.monotonic() > deadline or all(answer.status != "streaming" for answer in answers.values()):
            return answers


def kill(site: Site, upstream: Upstream, label: str, streams: int, random: Random, losses: Losses) -> None:
    """Kill the site while it answers, start it again, and look what is left."""
    followers = stage.followers(upstream, label, streams, random)
    stage.strike(site, followers, random, site.process.kill)
    site.stop()
    site.start(port_of(site))
    answers = finished(site, f"{label}/", time.monotonic() + RECOVERY_SECONDS)
    requests = stored.requests(upstream, f"{label}/")
    losses.unfinished += [name for name, answer in answers.items() if answer.status == "streaming"]
    losses.ends.update(answer.status for answer in answers.values())
    for follower in followers:
        losses.compare(follower, answers.get(follower.question))
        losses.bill(follower.question, requests[follower.question], answers.get(follower.question))


def crash(site: Site, upstream: Upstream, runs: int, streams: int, seed: int) -> Iterator[Figure]:
    """Kill the site so often, each time while so many answers are being written."""
    losses = Losses()
    for run in range(runs):
        kill(site, upstream, f"kill {run}", streams, Random(f"{seed}/{run}"), losses)
    for words in (losses.lost, losses.changed, losses.unfinished, losses.unbilled, losses.overbilled, losses.twice):
        print(*words[:5], sep="\n", end="\n" if words else "", file=sys.stderr)
    ends = ", ".join(f"{count} {end}" for end, count in sorted(losses.ends.items()))
    yield Figure(f"kill -9 × {runs}, {streams} streams each (seed {seed}): messages lost", len(losses.lost), 0)
    yield Figure(f"  other than what readers saw, of {ends}", len(losses.changed), 0)
    yield Figure("  text behind what readers saw, worst", losses.behind, 0, "s")
    yield Figure(f"  still being written {RECOVERY_SECONDS:g} s after the restart", len(losses.unfinished), 0)
    yield Figure(f"  requests without a usage row, of {losses.requests}", len(losses.unbilled), 0)
    yield Figure("  usage rows twice", len(losses.twice), 0)
    yield Figure(f"  tokens billed that were not asked ({losses.unknown} rows say unknown)", len(losses.overbilled), 0)
