"""Puts every row of the failure table to a running site at once, and keeps what was seen of each."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx2

from tests.failures.row import Row
from tests.harness.site import Site
from tests.harness.stream import parse, text_of
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.record import Record

Json = dict[str, Any]
# More of them would wait for each other's beginning longer than for the upstream.
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Trial:
    """A row, the provider's format it is tried in, and what of it is what somebody asks."""

    number: int
    kind: str
    row: Row

    @property
    def prompt(self) -> str:
        """A question that no other trial asks, nor asks a part of."""
        return f"Trial {self.number} of {self.kind}: {self.row.name}."

    def __str__(self) -> str:
        return f"{self.kind}: {self.row.name}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a trial.

    `placed`: the events with their positions; `again`: those that a later follower gets. `message`: the answer as the
    history has it. `requests`: what the upstream saw. `usage`: the rows of the ledger.
    """

    placed: list[tuple[int, Json]]
    again: list[Json]
    message: Json
    requests: list[Record]
    usage: list[Json]

    @property
    def events(self) -> list[Json]:
        return [event for _, event in self.placed]


def model_name(kind: str, at: str) -> str:
    """Return the name of the model to ask for a kind and the `at` of a row; to the upstream its name is the kind."""
    return f"{kind} where {at or 'the upstream is'}"


def run(site: Site, upstream: Upstream, trials: Sequence[Trial]) -> dict[str, Seen]:
    """Ask everything, most of it at once."""
    for trial in trials:
        if trial.row.scripts:
            upstream.script_prompt(trial.prompt, *trial.row.scripts)
    unlimited = httpx2.Limits(max_connections=None)
    with site.client(limits=unlimited) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(partial(_ask, client), trials))
    ledger = _ledger(site)
    requests: dict[str, list[Record]] = {}
    for record in upstream.log():
        for turn in record.body.get("messages", ())[:1]:
            requests.setdefault(turn["content"], []).append(record)
    for trial, seen in zip(trials, found, strict=True):
        seen.requests.extend(requests.get(trial.prompt, ()))
        seen.usage.extend(row for row in ledger if row["generation_id"] == seen.events[0]["generation_id"])
    return {str(trial): seen for trial, seen in zip(trials, found, strict=True)}


def _ask(client: httpx2.Client, trial: Trial) -> Seen:
    placed: list[tuple[int, Json]] = []
    stop_at = trial.row.stop_at
    body = {"message": trial.prompt, "model": model_name(trial.kind, trial.row.at)}
    with client.stream("POST", "/api/chat/stream", json=body) as response:
        assert response.status_code == 200, response.read()
        for position, event in parse(response.iter_lines()):
            placed.append((position, event))
            if event["type"] == stop_at:
                stop_at = ""
                client.post(f"/api/generations/{placed[0][1]['generation_id']}/stop")
    start = placed[0][1]
    lines = client.get(f"/api/generations/{start['generation_id']}/stream").text.splitlines()
    conversation = client.get(f"/api/conversations/{start['conversation_id']}").json()
    return Seen(placed, [event for _, event in parse(iter(lines))], conversation["messages"][-1], [], [])


def _ledger(site: Site) -> list[Json]:
    names = ("generation_id", "attempt", "finish_reason", "error_type", "source")
    rows = f"list(UsageRecord.objects.order_by('attempt').values{names})"
    found: list[Json] = json.loads(site.shell("import json", f"print(json.dumps({rows}, default=str))"))
    return found


def words_of(seen: Seen) -> str:
    """Return all that was said, of whatever kind."""
    said = {"token": ("content",), "reasoning": ("content",), "tool_call": ("name", "arguments")}
    return "".join(event[name] for event in seen.events for name in said.get(event["type"], ()))


def texts_of(seen: Seen) -> tuple[str, str, str]:
    """Return the answer as it was streamed, as a later follower gets it, and as it is stored."""
    return text_of(seen.events), text_of(seen.again), seen.message["content"]
