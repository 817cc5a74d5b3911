#!/bin/sh
# Django 5.2.19 on SQLite: a migration that adds a column with a default makes the table anew, copies the rows and drops
# the old one, and with it every trigger of that table. Nothing is said, `migrate` succeeds, `makemigrations --check` sees
# no difference. A column that may be null is added in place, and the triggers stay. So whether the triggers of a search
# index or of an append-only table survive an upgrade depends on the default of a column that has nothing to do with them.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
"$work/venv/bin/pip" install -q --disable-pip-version-check 'Django==5.2.19' || exit 2
cat > "$work/try.py" <<'PYTHON'
import sys

from django.conf import settings

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "try.sqlite3"}})

import django

django.setup()

from django.db import connection, models
from django.db.migrations import AddField, CreateModel, Migration, RunSQL
from django.db.migrations.state import ProjectState

TRIGGER = """
CREATE TRIGGER note_is_counted AFTER INSERT ON notes_note BEGIN
    INSERT INTO counted (note) VALUES (new.id);
END
"""
state = ProjectState()


def migrate(name, *operations):
    global state
    migration = Migration(name, "notes")
    migration.operations = list(operations)
    with connection.schema_editor() as editor:
        state = migration.apply(state, editor)


def triggers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return [name for name, in cursor.fetchall()]


migrate(
    "0001",
    CreateModel("Note", [("id", models.AutoField(primary_key=True)), ("text", models.TextField())]),
    RunSQL("CREATE TABLE counted (note INTEGER)"),
    RunSQL(TRIGGER),
)
migrate("0002", AddField("Note", "read_at", models.DateTimeField(null=True)))
nullable = triggers()
migrate("0003", AddField("Note", "length", models.IntegerField(default=0)))
with_default = triggers()
with connection.cursor() as cursor:
    cursor.execute("INSERT INTO notes_note (text, length) VALUES ('a', 1)")
    cursor.execute("SELECT count(*) FROM counted")
    counted = cursor.fetchone()[0]
print("after a column that may be null:", nullable)
print("after a column with a default:", with_default)
print("rows counted by the trigger:", counted)
same = nullable == ["note_is_counted"] and with_default == [] and counted == 0
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" try.py
