"""Many questions at once at the end of a budget, again and again, at one process or at two."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx2
import msgspec

from bench.soak.figure import Figure
from tests.harness.site import Site
from tests.harness.stream import parse
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o-mini"
AT_ONCE = 50
SCOPES = ("user", "group", "key")
# The upstream calls each piece a token; of four characters, a token is what it is taken for here too.
PIECE = " abc"
LONGEST = 60

# A token of either kind costs a millionth of a dollar, so a budget of money has room for as many as one of tokens.
MAKE = """
import json
from decimal import Decimal
from django.contrib.auth.models import Group
model = ChatModel.objects.get(name=MODEL)
Price.objects.create(model=model, input_per_million=Decimal(1), output_per_million=Decimal(1))
keys = {}
for name, scope, unit, tokens in RUNS:
    user, group = User.objects.create_user(name), Group.objects.create(name=name)
    user.groups.add(group)
    row, keys[name] = ApiKey.issue(user, name)
    whose = {"user": {"user": user}, "group": {"group": group}, "key": {"api_key": row}}[scope]
    amount = Decimal(tokens) if unit == "tokens" else Decimal(tokens).scaleb(-6)
    Budget.objects.create(scope=scope, unit=unit, amount=amount, hard=True, period="month", **whose)
print(json.dumps(keys))
"""
COUNT = """
import json
from django.db.models import Q
found = {}
for name, *_ in RUNS:
    budget = Budget.objects.get(Q(user__username=name) | Q(group__name=name) | Q(api_key__name=name))
    rows = UsageRecord.objects.filter(username=name)
    tokens = sum((row.prompt_tokens or 0) + (row.completion_tokens or 0) for row in rows)
    unit = 1 if budget.in_tokens else 10**6
    found[name] = {"tokens": tokens, "rows": len(rows), "off": budget.used - tokens * unit,
                   "set_aside": budget.reservations.count()}
print(json.dumps(found))
"""


class Spent(msgspec.Struct):
    """What a run has used, in tokens; by how much the budget's own count is off; what is still set aside."""

    tokens: int
    rows: int
    off: int
    set_aside: int


class Run(msgspec.Struct, frozen=True):
    """One crowd at one budget. `room` is in tokens; an answer sets aside about `reservation` of them."""

    name: str
    scope: str
    unit: str
    room: int
    max_tokens: int | None

    @property
    def reservation(self) -> int:
        return 20 + (self.max_tokens or LONGEST)


def runs_of(count: int, label: str, random: Random) -> list[Run]:
    """Return crowds at every kind of budget, with room for some answers; half of the answers have limits."""
    return [
        Run(
            name=f"{label}-{number}",
            scope=SCOPES[number % 3],
            unit=("tokens", "USD")[number % 2],
            room=random.randint(1, 6 * LONGEST),
            max_tokens=random.choice((None, random.randint(10, LONGEST))),
        )
        for number in range(count)
    ]


async def _crowd(sites: Sequence[Site], run: Run, key: str) -> Counter[str]:
    """Ask so many questions at once. Returns how they ended."""
    ends: Counter[str] = Counter()
    body = {"message": f"{run.name} why", "model": MODEL, "max_tokens": run.max_tokens}
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)

    async def ask(client: httpx2.AsyncClient, site: Site, path: str) -> None:
        answer = await client.post(f"{site.url}{path}", json=body)
        if answer.status_code != 200:
            ends[answer.json()["error"]["type"]] += 1
        elif path.endswith("stream"):
            last = [event for _, event in parse(iter(answer.text.splitlines()))][-1]
            ends[last.get("error_type", "answered")] += 1
        else:
            ends["answered"] += 1

    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(headers=headers, timeout=120, trust_env=False, limits=limits) as client:
        paths = ("/api/chat/stream", "/api/chat")
        asks = [(sites[number % len(sites)], paths[number // 2 % 2]) for number in range(AT_ONCE)]
        await asyncio.gather(*(ask(client, site, path) for site, path in asks))
    return ends


def race(sites: Sequence[Site], upstream: Upstream, count: int, seed: int) -> Iterator[Figure]:
    """Let a crowd race for the rest of a budget, so often, spread over the sites."""
    vendor = "PostgreSQL" if "DATABASE_URL" in sites[0].environment else "SQLite"
    runs = runs_of(count, f"race-{vendor}-{len(sites)}".lower(), Random(f"{seed}/{vendor}/{len(sites)}"))
    known = [f"RUNS = {[(run.name, run.scope, run.unit, run.room) for run in runs]!r}", f"MODEL = {MODEL!r}"]
    keys = msgspec.json.decode(sites[0].shell(*known, MAKE), type=dict[str, str])
    ends: Counter[str] = Counter()
    for run in runs:
        upstream.script_prompt(f"{run.name} why", text=[PIECE] * (run.max_tokens or LONGEST), delay=0.005)
        ends += asyncio.run(_crowd(sites, run, keys[run.name]))
    spent = msgspec.json.decode(sites[0].shell(*known, COUNT), type=dict[str, Spent])
    over = {run.name: (spent[run.name].tokens - run.room) / run.reservation for run in runs}
    wrong = [f"{name} {each}" for name, each in spent.items() if each.off or each.set_aside]
    print(*wrong[:5], sep="\n", end="\n" if wrong else "", file=sys.stderr)
    where = f"{vendor}, {len(sites)} process{'es' * (len(sites) > 1)}"
    said = ", ".join(f"{number} {end}" for end, number in sorted(ends.items()))
    unlike = sum(number for end, number in ends.items() if end not in {"answered", "budget"})
    yield Figure(f"{AT_ONCE} at once × {count}, {where}: over a budget, worst, in answers", max(over.values()), 1)
    yield Figure("  budgets that counted other than the ledger, or hold something back", len(wrong), 0)
    yield Figure(f"  ended in another way, of {said}", unlike, 0)


@contextmanager
def pair(directory: Path, environment: dict[str, str]) -> Iterator[tuple[Site, Site]]:
    """Two processes on one SQLite database, or on what the environment names."""
    with Site(directory, environment) as first:
        first.until_listed(MODEL)
        second = Site(directory, environment, people=False)
        second.keys = first.keys
        second.start()
        try:
            yield first, second
        finally:
            second.stop()
