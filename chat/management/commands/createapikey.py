"""`manage.py createapikey USERNAME`: makes a key for programs."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from chat.models import ApiKey


class Command(BaseCommand):
    help = "Makes an API key and prints it, once, as the last word. Only its hash is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="key", help="what the key is for")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user called {options['username']}.")
        if not user.is_active:
            raise CommandError(f"{user.username} is deactivated; a key would open nothing.")
        _, key = ApiKey.issue(user, options["name"])
        self.stdout.write(f"Keep this key, it is shown only now: {key}")
