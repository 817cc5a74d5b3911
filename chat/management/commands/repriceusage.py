"""`manage.py repriceusage`: what the past would cost at the prices that hold now for then."""

from argparse import ArgumentParser
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand

from chat.repricing import AT_ONCE, Repriced, apply, repriced


class Command(BaseCommand):
    help = (
        "Shows what the ledger's rows would cost at the prices that are valid for their day now; with --apply, adds "
        "corrections. The rows themselves stay as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="first", type=date.fromisoformat, metavar="YYYY-MM-DD", help="first day, UTC"
        )
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day, UTC")
        parser.add_argument("--model", default="", help="only this model, by its name in the ledger")
        parser.add_argument("--apply", action="store_true", help="add the corrections; without it nothing changes")

    def handle(self, *args: Any, **options: Any) -> None:
        begin, end = _start(options["first"], 0), _start(options["last"], 1)
        lines: defaultdict[tuple[str, str, str, str], Line] = defaultdict(Line)
        waiting: list[Repriced] = []
        count = 0
        for change in repriced(begin, end, options["model"]):
            record = change.record
            lines[record.provider, record.model, change.currency_before, change.currency].add(change)
            count += 1
            if options["apply"]:
                waiting.append(change)
                if len(waiting) == AT_ONCE:
                    apply(waiting)
                    waiting = []
        if waiting:
            apply(waiting)
        for (provider, model, before, after), line in sorted(lines.items()):
            self.stdout.write(f"{provider} · {model}: {line.told(before, after)}")
        if not count:
            self.stdout.write("Every row costs what it would cost now.")
        elif options["apply"]:
            self.stdout.write(f"{count} corrections were added.")
        else:
            self.stdout.write(f"{count} rows would be corrected. Nothing was changed; --apply adds the corrections.")


class Line:
    """The sums of one model."""

    def __init__(self) -> None:
        self.rows = self.unpriced = 0
        self.before = self.after = Decimal(0)

    def add(self, change: Repriced) -> None:
        self.rows += 1
        self.unpriced += change.cost_before is None
        self.before += change.cost_before or 0
        self.after += change.cost.total

    def told(self, before: str, after: str) -> str:
        """3 rows, 0.30 USD → 0.45 USD, +0.15"""
        unknown = f" ({self.unpriced} without a cost)" if self.unpriced else ""
        difference = f", difference {_plain(self.after - self.before, '+')}" if before == after else ""
        return f"{self.rows} rows{unknown}, {_plain(self.before)} {before} → {_plain(self.after)} {after}{difference}"


def _plain(amount: Decimal, sign: str = "-") -> str:
    return f"{amount.normalize():{sign}f}"


def _start(day: date | None, later: int) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=later), time.min, UTC)
