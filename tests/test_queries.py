"""How much a long history costs: as many queries as a short one, and none that reads a whole table."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.harness.site import ROOT, Site

SEARCHES = {"rare", "frequent"}


def fill(site: Site, conversations: int, messages: int, longest: int) -> str:
    return site.shell(
        "from bench.archive import fill",
        f"print(fill(User.objects.get(username='alice'), {conversations}, {messages}, {longest}))",
    ).strip()


def report(site: Site, longest: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.shell("from tests.plans import report", f"print(report({longest!r}))"))
    return found


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_a_long_history_costs_what_a_short_one_costs(
    vendor: str, request: pytest.FixtureRequest, tmp_path: Any
) -> None:
    environment = {"SECRET_KEY": "only-for-this-test-" + "x" * 40}
    if vendor == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    with Site(tmp_path, environment) as site:
        short = report(site, fill(site, 61, 2, 10))
        long = report(site, fill(site, 500, 2, 10_000))
    assert {name: found["scans"] for name, found in long.items()} == {name: [] for name in long}
    counts = [
        {name: found["queries"] for name, found in each.items() if name not in SEARCHES} for each in (short, long)
    ]
    assert counts[0] == counts[1]
    assert all(long[name]["queries"] <= 12 for name in SEARCHES)


@pytest.mark.usefixtures("postgres_url")
def test_the_benchmark_measures_every_request_on_both_databases() -> None:
    command = [sys.executable, "bench/history.py", "--small"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    measured = [line[:44].strip() for line in done.stdout.splitlines()]
    assert (measured[0][:6], measured[9][:10]) == ("SQLite", "PostgreSQL")
    assert measured[1:9] == measured[10:18]
