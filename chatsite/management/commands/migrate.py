"""`manage.py migrate`: Django's own, but for an empty SQLite database, which gets all its tables at once."""

from typing import Any, Final

from django.core.management.commands import migrate
from django.db import connections

from chatsite import schema

# Who gives one of these wants something else of the migrations than all of them.
PARTIAL: Final = ("app_label", "migration_name", "fake", "fake_initial", "plan", "check_unapplied", "prune")


class Command(migrate.Command):
    """Makes the tables from `schema.sql` where there are none, and has Django migrate what is missing then."""

    def handle(self, *args: Any, **options: Any) -> None:
        if not any(options[name] for name in PARTIAL) and schema.load(connections[options["database"]]):
            self.verbosity = options["verbosity"]
            if self.verbosity:
                self.stdout.write(f"The tables were made from {schema.FILE.name}.")
        super().handle(*args, **options)
