"""SQLite's log is written back beside the requests: no transaction waits until its neighbours' rows are on the disk."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.harness import patience
from tests.harness.site import Site

# Three times what SQLite gathers by itself before it writes back.
WRITE_MUCH = ("for number in range(12):", "    Group.objects.create(name=f'{number}' + 'x' * 1_000_000)")


def test_a_transaction_that_fills_the_log_does_not_write_it_back(tmp_path: Path) -> None:
    site, file = Site(tmp_path, people=False), tmp_path / "db.sqlite3"
    site.manage("migrate", "-v0")
    # The last one that closes a database writes back what is left.
    with closing(sqlite3.connect(file)) as open_meanwhile:
        open_meanwhile.execute("SELECT * FROM django_migrations").fetchone()
        # Looked at from outside: who opens and closes the file loses the locks that this process has on it.
        before = file.stat()
        site.shell(*WRITE_MUCH)
        assert file.stat().st_mtime_ns == before.st_mtime_ns
        site.shell("from chatsite.application import checkpoint", "checkpoint.write_back()")
        assert file.stat().st_size > before.st_size + 10_000_000


def test_a_server_writes_back_what_was_said(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        site.shell("Group.objects.create(name='written back by and by')")
        deadline = time.monotonic() + patience.SECONDS
        while b"written back by and by" not in (tmp_path / "db.sqlite3").read_bytes():
            assert time.monotonic() < deadline
            time.sleep(0.2)
