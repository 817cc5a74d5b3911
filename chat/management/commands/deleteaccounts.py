"""`manage.py deleteaccounts`: the accounts whose owners asked for it a week ago, or one by its name, at once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chat import deletion
from chat.errors import ChatError


class Command(BaseCommand):
    help = "Deletes the accounts whose time to think is over; the running server does the same by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", help="delete this account instead, now")

    def handle(self, *args: Any, **options: Any) -> None:
        name: str | None = options["user"]
        if name is None:
            count = deletion.delete_due(timezone.now())
            self.stdout.write(f"Accounts deleted: {count}.")
            return
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError("There is no such account.")
        try:
            deletion.delete_account(user.pk)
        except ChatError as error:
            raise CommandError(error.message) from None
        self.stdout.write("The account is deleted.")
