"""`manage.py rebuildtotals`: the sums of each day, made anew from the ledger."""

from argparse import ArgumentParser
from itertools import islice
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from chat.usage.rebuild import rebuild

SHOWN: Final = 100


class Command(BaseCommand):
    help = "Makes the daily totals anew from the ledger, and says what was different."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare; exit code 1 if anything differs")

    def handle(self, *args: Any, **options: Any) -> None:
        check: bool = options["check"]
        count = self._shown(check=check)
        if check and count:
            raise CommandError(f"{count} daily totals differ from the ledger. Run: python manage.py rebuildtotals")
        if count and self._shown(check=True):
            raise CommandError("The daily totals still differ from the ledger.")
        made = f"{count} were made anew, and now they" if count else "They"
        self.stdout.write(f"The daily totals are compared. {made} equal the ledger.")

    def _shown(self, *, check: bool) -> int:
        """Print what differs, the first of it. Returns how much there is."""
        differences = rebuild(check=check)
        count = 0
        for difference in islice(differences, SHOWN):
            self.stdout.write(str(difference))
            count += 1
        return count + sum(1 for _ in differences)
