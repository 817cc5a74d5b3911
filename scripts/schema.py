"""Writes chatsite/schema.sql anew: the tables that a new SQLite database begins with.

`make schema`, after each change of the migrations, also of other people's packages
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main() -> None:
    """Have Django migrate an empty database, change by change, and write down what is in it."""
    with tempfile.TemporaryDirectory(prefix="chatsite-schema-") as directory:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "chatsite.settings", "CHATSITE_DATA_DIR": directory}
        import django

        django.setup()
        from django.core.management import call_command
        from django.core.management.commands import migrate
        from django.db import connection

        from chatsite import schema

        call_command(migrate.Command(), verbosity=0)
        schema.FILE.write_text(schema.dump(connection), encoding="utf-8")
        connection.close()


if __name__ == "__main__":
    main()
