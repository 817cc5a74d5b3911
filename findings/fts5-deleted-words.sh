#!/bin/sh
# SQLite's FTS5 (as of apsw 3.54.1.0): the option secure-delete is there so that a deleted row's words do not stay in the
# file. In a contentless index with contentless_delete=1 it is accepted and does nothing: the row is not found any more
# and fts5vocab hides its words, but they stand in the file, PRAGMA secure_delete and VACUUM or not, until the segments
# that hold them happen to be merged. In a table with content the same option removes them at once. The command
# 'optimize' removes them in both.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
"$work/venv/bin/pip" install -q --disable-pip-version-check 'apsw==3.54.1.0' || exit 2
cat > "$work/try.py" <<'PYTHON'
import sys

import apsw

WORD = "confidential"
seen = {}


def is_in_file(db, name):
    db.execute("VACUUM")
    with open(name, "rb") as file:
        return WORD.encode() in file.read()


for kind, options in (("with content", ""), ("contentless", ", content='', contentless_delete=1")):
    name = kind.replace(" ", "-") + ".sqlite3"
    db = apsw.Connection(name)
    db.execute("PRAGMA secure_delete = ON")
    db.execute(f"CREATE VIRTUAL TABLE words USING fts5(text{options})")
    db.execute("INSERT INTO words(words, rank) VALUES ('secure-delete', 1)")
    db.execute("INSERT INTO words(rowid, text) VALUES (1, 'ordinary'), (2, ?)", [WORD])
    db.execute("DELETE FROM words WHERE rowid = 2")
    found = db.execute("SELECT count(*) FROM words WHERE words MATCH ?", [WORD]).fetchone()[0]
    deleted = is_in_file(db, name)
    db.execute("INSERT INTO words(words) VALUES ('optimize')")
    seen[kind] = (found, deleted, is_in_file(db, name))
    print(f"{kind}: rows found {found}; in the file after deletion {deleted}, after optimize {seen[kind][2]}")
same = seen == {"with content": (0, False, False), "contentless": (0, True, False)}
print(apsw.sqlite_lib_version(), "as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" try.py
