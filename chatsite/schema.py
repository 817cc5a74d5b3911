"""The tables of a new SQLite database from one file, `schema.sql`, as the migrations leave them.

The migrations make the same in three seconds of a processor, nearly all of it spent on reckoning what the models were
like before each change. `make schema` writes the file; a test compares what both make. A file that is behind
costs time only: what it lacks is migrated as ever. PostgreSQL is migrated on purpose, by whoever looks after it, and
has no such file.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

FILE: Final = Path(__file__).with_suffix(".sql")
HEAD: Final = "-- Written by `make schema`: what the migrations make of an empty SQLite database.\n"

# What SQLite keeps for itself it makes by itself: sequences, and the tables behind a virtual one.
STATEMENTS: Final = """
SELECT sql FROM sqlite_master
WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
    AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
ORDER BY rowid
"""
APPLIED: Final = """
SELECT printf('INSERT INTO django_migrations (app, name, applied) VALUES (%Q, %Q, CURRENT_TIMESTAMP)', app, name)
FROM django_migrations ORDER BY id
"""


def load(connection: BaseDatabaseWrapper) -> bool:
    """Make every table if there is none at all, in one transaction. Returns whether it did."""
    if connection.vendor != "sqlite":
        return False
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        # Of two that start at once the other one has made them meanwhile.
        if cursor.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            return False
        for statement in _statements(FILE.read_text(encoding="utf-8")):
            cursor.execute(statement)
    return True


def dump(connection: BaseDatabaseWrapper) -> str:
    """Return the text of `schema.sql` for a database that the migrations have made."""
    with connection.cursor() as cursor:
        rows = cursor.execute(STATEMENTS).fetchall() + cursor.execute(APPLIED).fetchall()
    return HEAD + "".join(f"{statement};\n" for (statement,) in rows)


def _statements(text: str) -> Iterator[str]:
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        # It knows that a trigger's own statements are no end.
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
