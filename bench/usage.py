"""How fast the usage page and its CSV are with a million rows, on SQLite and PostgreSQL.

Run with `make bench`. Fails when the 95th percentile of a page is over 300 ms, or the CSV streams under 20,000 rows/s.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx2

from bench.history import measure, postgresql
from tests.harness.site import ROOT, Site

LIMIT_MS = 300.0
LEAST_ROWS_PER_SECOND = 20_000
# All of them, and the period before the longest of them.
DAYS = 180
PAGES = {
    **{f"usage page, {days} days": f"/admin/usage/?days={days}" for days in (1, 7, 30, 90)},
    "usage page, month": "/admin/usage/?days=month",
    "usage page, 90 days, a user": "/admin/usage/?days=90&user={user}",
    "usage page, 90 days, a model": "/admin/usage/?days=90&model=model-7",
    "usage page, 90 days, a provider": "/admin/usage/?days=90&provider=bench-1",
    "usage page, 90 days, a group": "/admin/usage/?days=90&group=group-1",
    "one's own page": "/usage/",
}


def fill(site: Site, rows: int) -> int:
    """Fill the ledger. Returns the id of a user who is in it."""
    lines = ("from bench.ledger import fill", f"fill({rows}, {DAYS})", "print(User.objects.get(username='user-3').pk)")
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", "\n".join(lines)]
    done = subprocess.run(command, cwd=ROOT, env=site.environment, stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout)


def resident_mb(site: Site) -> float:
    """What the server holds in memory."""
    lines = Path(f"/proc/{site.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def export(client: httpx2.Client, site: Site) -> tuple[float, float]:
    """Take everything as CSV. Returns rows per second, and how many MB the server grew by meanwhile."""
    before, most, done = resident_mb(site), 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.05):
            most = max(most, resident_mb(site))

    watcher = threading.Thread(target=watch)
    watcher.start()
    began, rows = time.perf_counter(), -1
    with client.stream("GET", "/admin/usage/export.csv?from=2000-01-01", timeout=600) as response:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            rows += chunk.count(b"\n")
    took = time.perf_counter() - began
    done.set()
    watcher.join()
    return rows / took, max(0.0, most - before)


def report(site: Site, user: int, times: int) -> bool:
    """Print a line for each page and for the CSV. Returns whether all are fast enough."""
    fast = True
    with closing(site.session("admin")) as client:
        for name, path in PAGES.items():
            measure(client, path.format(user=user), 2)
            took = sorted(measure(client, path.format(user=user), times))
            p95 = took[max(0, int(len(took) * 0.95) - 1)]
            fast = fast and p95 <= LIMIT_MS
            print(f"{name:<44} {statistics.median(took):8.1f} {p95:8.1f}{'' if p95 <= LIMIT_MS else '  too slow'}")
        rows_per_second, grown_mb = export(client, site)
        print(f"{'CSV, rows/s, and MB that the server grew by':<44} {rows_per_second:8,.0f} {grown_mb:8.1f}")
        return fast and rows_per_second >= LEAST_ROWS_PER_SECOND


def main() -> None:
    """Fill both databases, measure, print, fail if it is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a few rows, each page once, no limit")
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"), help="one of the databases")
    arguments = parser.parse_args()
    rows, times = (2_000, 1) if arguments.small else (1_000_000, 15)
    fast = True
    for vendor, database in (("SQLite", lambda: nullcontext({})), ("PostgreSQL", postgresql)):
        if arguments.only not in (None, vendor):
            continue
        with (
            tempfile.TemporaryDirectory() as directory,
            database() as environment,
            Site(Path(directory) / "data", environment) as site,
        ):
            user = fill(site, rows)
            print(f"{f'{vendor}, ms, {rows:,} requests':<44} {'p50':>8} {'p95':>8}", flush=True)
            fast = report(site, user, times) and fast
    if not fast and not arguments.small:
        sys.exit(f"A page takes over {LIMIT_MS:g} ms, or the CSV streams under {LEAST_ROWS_PER_SECOND:,} rows/s.")


if __name__ == "__main__":
    main()
