"""What the relays have to carry, and what is reported of it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bench.relay.servers import Relay
from chat.load.crowd import Load, Report
from chat.load.process import MIB, ProcessUsage
from tests.harness.site import ROOT

MESSAGES = 2000


@dataclass(frozen=True)
class Scenario:
    """A load (fields of `Load`); `relays` names those that can carry it.

    `steady`: a token's cost is that of the time in which all streams are under way, without what their questions cost.
    """

    title: str
    load: Mapping[str, Any]
    relays: tuple[str, ...] = ("raw", "usual", "chatsite")
    history: bool = field(default=False)
    steady: bool = field(default=False)


SCENARIOS: dict[str, Scenario] = {
    "questions": Scenario(
        "100 short questions, one after another", {"streams": 100, "tokens": 2, "pace": 40, "per_second": -1}
    ),
    "paced": Scenario(
        "200 streams × 40 tokens/s",
        {"streams": 200, "tokens": 1200, "pace": 40, "per_second": 20},
        steady=True,
    ),
    "many": Scenario(
        "1,000 streams × 20 tokens/s",
        {"streams": 1000, "tokens": 1000, "pace": 20, "per_second": 25},
        # The usual one has its fill at a quarter of this.
        relays=("raw", "chatsite"),
        steady=True,
    ),
    "burst": Scenario("200 arrivals a second, for 2 s", {"streams": 400, "tokens": 40, "pace": 20, "per_second": 200}),
    "flat out": Scenario("20 streams flat out", {"streams": 20, "tokens": 5_000, "pace": 0}),
    "long": Scenario(
        f"10 questions in a conversation of {MESSAGES:,} messages",
        {"streams": 10, "tokens": 40, "pace": 40, "per_second": -1},
        history=True,
    ),
    "followers": Scenario(
        "500 followers of an answer that says a word in 5 s",
        {"streams": 1, "tokens": 3, "pace": 1, "followers": 500},
        relays=("chatsite",),
    ),
}


class Outcome(msgspec.Struct, kw_only=True):
    """What a relay did under a load. CPU in seconds, memory in MiB."""

    report: Report
    cpu: float
    idle: float
    peak: float

    @property
    def per_token(self) -> float:
        """Processor time for each token in µs: beside the questions where that was looked at, else with them."""
        if self.report.steady is not None:
            return self.report.steady
        return self.cpu / max(1, self.report.tokens) * 1e6

    @property
    def per_question(self) -> float:
        """Processor time for each question, its answer and all, in ms."""
        return self.cpu / max(1, self.report.streams) * 1e3

    @property
    def per_stream(self) -> float:
        """Memory for each stream, in KiB."""
        return (self.peak - self.idle) * 1024 / max(1, self.report.streams)


def run(relay: Relay, name: str, scenario: Scenario) -> Outcome:
    """Carry out a load, from a process of its own."""
    fields = {**relay.request, **scenario.load}
    if scenario.steady:
        fields["pid"] = relay.pid
    if scenario.history:
        fields["body"] = with_history(relay, name)
    load = Load(**fields)
    process = ProcessUsage.begin(relay.pid)
    done = subprocess.run(
        [sys.executable, "-m", "chat.load"],
        cwd=ROOT,
        input=msgspec.json.encode(load),
        stdout=subprocess.PIPE,
        check=True,
    )
    process.end()
    return Outcome(
        report=msgspec.json.decode(done.stdout, type=Report),
        cpu=process.cpu,
        idle=process.idle / MIB,
        peak=process.peak / MIB,
    )


def with_history(relay: Relay, name: str) -> str:
    """Return a question after many messages: chatsite has them, the others are sent them."""
    if relay.site is not None:
        fill = f"print(fill(User.objects.get(username='alice'), 0, 0, {MESSAGES}))"
        conversation = relay.site.shell("from bench.archive import fill", fill).strip()
        return json.dumps({"message": "WISH", "model": "load", "conversation_id": conversation})
    turns = [
        {"role": ("user", "assistant")[n % 2], "content": "of the stream that goes on " * 10} for n in range(MESSAGES)
    ]
    body = {"model": "load", "stream": True, "messages": [*turns, {"role": "user", "content": "WISH"}]}
    return json.dumps(body)
