"""`manage.py createapikey USERNAME`: makes a key for programs."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chat.models import ApiKey
from chat.models.access import USUAL_SCOPES, Scope


def expiry(given: str) -> datetime:
    """Return when a key ends, which is in the future, from a number of days or the last day in UTC."""
    now = timezone.now()
    try:
        if given.isascii() and given.isdigit():
            end = now + timedelta(days=int(given))
        else:
            last = date.fromisoformat(given)
            end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise ArgumentTypeError("is a day such as 2027-01-31, or a number of days") from None
    if end <= now:
        raise ArgumentTypeError("is over already")
    return end


class Command(BaseCommand):
    help = "Makes an API key and prints it, once, as the last word. Only its hash is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="key", help="what the key is for")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help=f"what it may be used for; may be given several times (default: {' and '.join(USUAL_SCOPES)})",
        )
        parser.add_argument(
            "--expires",
            type=expiry,
            metavar="WHEN",
            help="the last day on which it opens something, in UTC (2027-01-31), or in how many days it ends (30)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user called {options['username']}.")
        if not user.is_active:
            raise CommandError(f"{user.username} is deactivated; a key would open nothing.")
        _, key = ApiKey.issue(
            user, options["name"], scopes=options["scope"] or USUAL_SCOPES, expires_at=options["expires"]
        )
        self.stdout.write(f"Keep this key, it is shown only now: {key}")
