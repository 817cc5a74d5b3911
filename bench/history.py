"""How fast a long history is: lists, searches and long conversations, over HTTP, on SQLite and PostgreSQL.

Run with `make bench`. Fails when the 95th percentile of a request is over 200 ms.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx2
import psycopg

from bench.prose import FREQUENT, RARE
from tests.harness.site import ROOT, Site

LIMIT_MS = 200.0
SERVER = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432")
DATABASE = "chatsite_bench"


@contextmanager
def postgresql() -> Iterator[dict[str, str]]:
    """Give the environment of a site on a PostgreSQL database that is dropped afterwards."""
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=3) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield {"DATABASE_URL": f"{SERVER}/{DATABASE}", "SECRET_KEY": "only-for-the-benchmark-" + "x" * 40}
        finally:
            connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def fill(site: Site, conversations: int, messages: int, longest: int) -> str:
    """Give alice her history. Returns the id of the longest conversation."""
    lines = (
        "from bench.archive import fill",
        f"print(fill(User.objects.get(username='alice'), {conversations}, {messages}, {longest}))",
        "from django.db import connection",
        "connection.cursor().execute('ANALYZE')",
    )
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", "\n".join(lines)]
    done = subprocess.run(command, cwd=ROOT, env=site.environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def requests(client: httpx2.Client, longest: str) -> dict[str, str]:
    """Return what is measured: a name and an address for each."""
    cursor, page = "", client.get("/api/conversations").json()
    for _ in range(150):
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
        page = client.get("/api/conversations", params={"cursor": cursor}).json()
    deep = httpx2.QueryParams({"cursor": cursor})
    return {
        "list, first page": "/api/conversations",
        "list, deep cursor": f"/api/conversations?{deep}",
        "search, rare word": f"/api/conversations?q={RARE}",
        "search, frequent word": f"/api/conversations?q={FREQUENT}",
        "search, frequent word, deep cursor": f"/api/conversations?q={FREQUENT}&{deep}",
        "search, prefix": f"/api/conversations?q={FREQUENT[:3]}",
        "open the page": f"/c/{longest}",
        "JSON, the last 40": f"/api/conversations/{longest}?last=40",
    }


def measure(client: httpx2.Client, path: str, times: int) -> list[float]:
    """Return how long a request took, in ms, each time."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        response = client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        response.raise_for_status()
    return took


def report(site: Site, longest: str, times: int) -> bool:
    """Print a row for each request. Returns whether all are fast enough."""
    fast = True
    with closing(site.session("alice")) as client:
        for name, path in requests(client, longest).items():
            measure(client, path, 3)
            took = sorted(measure(client, path, times))
            p95 = took[max(0, int(len(took) * 0.95) - 1)]
            fast = fast and p95 <= LIMIT_MS
            print(f"{name:<44} {statistics.median(took):8.1f} {p95:8.1f}{'' if p95 <= LIMIT_MS else '  too slow'}")
    return fast


def main() -> None:
    """Make both databases, measure, print, fail if it is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a few rows, each request once, no limit")
    small = parser.parse_args().small
    conversations, messages, longest, times = (120, 4, 60, 1) if small else (10_000, 20, 1000, 50)
    fast = True
    for vendor, database in (("SQLite", lambda: nullcontext({})), ("PostgreSQL", postgresql)):
        with (
            tempfile.TemporaryDirectory() as directory,
            database() as environment,
            Site(Path(directory) / "data", environment) as site,
        ):
            name = fill(site, conversations, messages, longest)
            print(f"{f'{vendor}, ms, {conversations * messages + longest:,} messages':<44} {'p50':>8} {'p95':>8}")
            fast = report(site, name, times) and fast
    if not fast and not small:
        sys.exit(f"Something takes longer than {LIMIT_MS:g} ms.")


if __name__ == "__main__":
    main()
