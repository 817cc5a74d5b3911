"""Nobody else on the machine reads the data directory, whichever command came first."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.site import ROOT, Site

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def careless(site: Site, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as a shell with the usual umask would."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        umask=0o022,
    )


def readable(directory: Path) -> list[Path]:
    return [path for path in (directory, *directory.rglob("*")) if path.lstat().st_mode & OTHERS]


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "migrate", "-v0"),
        ("manage.py", "shell", "-v0", "-c", "from django.conf import settings; (settings.DATA_DIR / 'b').touch()"),
        ("-c", "import chatsite.asgi; from django.conf import settings; (settings.DATA_DIR / 'b').touch()"),
    ],
    ids=["migrate", "shell", "asgi"],
)
def test_what_the_first_command_makes_is_readable_by_its_owner_only(tmp_path: Path, command: tuple[str, ...]) -> None:
    directory = tmp_path / "new" / "data"
    done = careless(Site(directory), *command)
    assert done.returncode == 0, done.stderr
    assert any(directory.iterdir())
    assert readable(directory) == []


def test_an_open_directory_is_closed_and_open_files_are_named(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    (directory / "backups").mkdir(parents=True)
    for path in (directory, directory / "backups"):
        path.chmod(0o755)
    for name in ("db.sqlite3", "db.sqlite3-wal", "backups/old.sqlite3"):
        (directory / name).touch()
        (directory / name).chmod(0o644)
    done = careless(Site(directory), "manage.py", "check")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert "chat.W003" in done.stderr
    for name in ("db.sqlite3", "db.sqlite3-wal", "backups", "backups/old.sqlite3"):
        assert str(directory / name) in done.stderr
    assert "chmod -R go=" in done.stderr
    for path in directory.rglob("*"):
        path.chmod(0o700)
    assert "chat.W003" not in careless(Site(directory), "manage.py", "check").stderr


def test_a_database_elsewhere_is_looked_at_too(tmp_path: Path) -> None:
    database = tmp_path / "elsewhere.sqlite3"
    database.touch()
    database.chmod(0o644)
    site = Site(tmp_path / "data", {"DATABASE_URL": f"sqlite:///{database}"})
    assert str(database) in careless(site, "manage.py", "check").stderr


def test_a_directory_for_everybody_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    done = careless(Site(shared), "manage.py", "check")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777
    assert f"read or write: {shared}" in done.stderr


def test_what_a_running_site_writes_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with Site(tmp_path) as site, site.client("alice") as client:
            assert client.post("/api/chat", json={"message": "Who are you?"}).status_code == 200
            assert readable(tmp_path) == []
    finally:
        os.umask(before)
