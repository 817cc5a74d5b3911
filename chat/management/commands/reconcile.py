"""`manage.py reconcile`: what the providers say they charged, beside the ledger."""

import asyncio
from argparse import ArgumentParser
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from chat.reconciliation import Account, Line, reconcile
from chat.usage.period import Period, today

COLUMNS: Final = ("day", "model", "theirs", "ours", "difference", "")
MOST_DAYS: Final = 366


class Command(BaseCommand):
    help = (
        "Shows what OpenAI and Anthropic say they charged, by day (UTC) and model, beside the ledger. It takes an "
        "admin key, in OPENAI_ADMIN_KEY or ANTHROPIC_ADMIN_KEY or the variable that the provider's row names. "
        "Exit code 1 if an account could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from",
            dest="first",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="first day, UTC; else the first of the month of the last",
        )
        parser.add_argument(
            "--to", dest="last", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day, UTC; else today"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        last: date = options["last"] or today()
        try:
            period = Period(options["first"] or last.replace(day=1), last)
        except ValueError as error:
            raise CommandError(str(error)) from None
        if period.days > MOST_DAYS or period.first.year < 2000 or last.year > 9000:
            raise CommandError(f"Choose at most {MOST_DAYS} days.")
        accounts = asyncio.run(reconcile(period))
        if not accounts:
            self.stdout.write("There is no provider with an account.")
        for account in accounts:
            self._show(account)
        if any(account.problem and account.is_asked for account in accounts):
            raise CommandError("Not every account could be read.")

    def _show(self, account: Account) -> None:
        if account.problem:
            self.stdout.write(self.style.WARNING(account.problem))
            return
        self.stdout.write(self.style.MIGRATE_HEADING(account.name))
        if not account.lines:
            self.stdout.write("Nothing was charged, and nothing is in the ledger.")
            return
        rows = [COLUMNS, *map(_cells, account.lines), *(("", *_cells(each)[1:]) for each in account.totals.values())]
        widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
        for day, name, *amounts, currency in rows:
            aligned = (cell.rjust(width) for cell, width in zip(amounts, widths[2:5], strict=True))
            self.stdout.write("  ".join((day.ljust(widths[0]), name.ljust(widths[1]), *aligned, currency)).rstrip())
        if account.gaps:
            self.stdout.write(account.gaps)


def _cells(line: Line) -> tuple[str, ...]:
    names = f" ({', '.join(line.names)})" if line.names else ""
    amounts = _exact(line.theirs), _exact(line.ours), _exact(line.difference, "+")
    return f"{line.day}", f"{line.name}{names}", *amounts, line.currency


def _exact(amount: Decimal | None, sign: str = "-") -> str:
    return "-" if amount is None else f"{amount.normalize():{sign}f}"
