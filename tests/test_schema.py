"""A new SQLite database, made at once from a file, is to the byte what the migrations make of an empty one."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatsite.schema import FILE
from tests.harness.site import Site

# Django's own command, which knows no file, and the file as it would be written now.
MIGRATE = (
    "from django.core.management import call_command",
    "from django.core.management.commands import migrate",
    "from django.db import connection",
    "from chatsite import schema",
    "call_command(migrate.Command(), verbosity=0)",
    "print(schema.dump(connection), end='')",
)


# A database that is there with a migration missing, as the file that would be written of it.
FILE_BEHIND = (
    "from django.core.management import call_command",
    "from django.db import connection",
    "from chatsite import schema",
    "call_command('migrate', 'chat', '0017', verbosity=0)",
    "print(schema.dump(connection), end='')",
)
LOAD_BEHIND = (
    "from pathlib import Path",
    "from django.core.management import call_command",
    "from chatsite import schema",
    "schema.FILE = Path(BEHIND)",
    "call_command('migrate', verbosity=0)",
)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A database that the migrations have made, change by change, and what the file has to be."""
    directory = tmp_path_factory.mktemp("migrated")
    return directory, Site(directory, people=False).shell(*MIGRATE)


def content(directory: Path) -> tuple[set[Any], dict[str, list[Any]]]:
    """Return what a database consists of, word for word, and the rows of each table. Only times are left out."""
    with closing(sqlite3.connect(directory / "db.sqlite3")) as database:
        parts = set(database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))
        # What a virtual table holds is in tables of its own.
        tables = {
            name: database.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - the names are the schema's own
            for kind, name, _, sql in parts
            if kind == "table" and not sql.startswith("CREATE VIRTUAL")
        }
    tables["django_migrations"] = [row[:3] for row in tables["django_migrations"]]
    # Making a table anew leaves a sequence behind that has counted nothing.
    tables["sqlite_sequence"] = sorted(row for row in tables["sqlite_sequence"] if row[1])
    return parts, tables


def test_a_new_database_is_what_the_migrations_make(migrated: tuple[Path, str], tmp_path: Path) -> None:
    directory, text = migrated
    assert text == FILE.read_text(), "run: make schema"
    assert "schema.sql" in Site(tmp_path, people=False).manage("migrate")
    assert content(tmp_path) == content(directory)


def test_a_file_that_is_behind_and_a_database_that_is_there_are_migrated_on(
    migrated: tuple[Path, str], tmp_path: Path
) -> None:
    there, new, file = Site(tmp_path / "there", people=False), Site(tmp_path / "new", people=False), tmp_path / "behind"
    behind = there.shell(*FILE_BEHIND)
    assert behind != FILE.read_text()
    file.write_text(behind)
    new.shell(f"BEHIND = {str(file)!r}", *LOAD_BEHIND)
    assert "schema.sql" not in there.manage("migrate")
    due = content(migrated[0])[0]
    assert content(tmp_path / "new")[0] == due
    assert content(tmp_path / "there")[0] == due
