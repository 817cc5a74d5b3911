"""`manage.py serve`: from nothing to a running site in one command."""

import asyncio
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chat import catalog
from chat.generation import live
from chat.models import SetupToken
from chat.providers.registry import close_providers

# How long the start waits for the providers' lists of models; the rest is read once the site is up.
START_SECONDS = 2.0


class Command(BaseCommand):
    help = "Migrates the embedded database, reads the providers' lists of models, and serves the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        self._migrate()
        warnings = asyncio.run(self._sync(START_SECONDS))
        token = SetupToken.issue()
        connection.close()
        self._serve(host, port, token, retry=bool(warnings))

    def _migrate(self) -> None:
        """The embedded database is migrated here; one that others share is migrated on purpose."""
        if not settings.DATABASE_URL:
            settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
            call_command("migrate", verbosity=0, interactive=False)
            return
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date. Run: python manage.py migrate")

    async def _sync(self, seconds: float) -> list[str]:
        try:
            warnings = await catalog.sync(seconds)
        finally:
            # Connections belong to this loop, which ends here; the server has its own.
            await close_providers()
        return warnings

    def _serve(self, host: str, port: int, token: str | None, *, retry: bool) -> None:
        # Imported late: it brings Twisted, which the other commands need not pay for.
        from chatsite.asgi import application
        from chatsite.server import Server

        async def started() -> None:
            self._announce(host, server.port, token)
            if retry:
                for warning in await catalog.sync():
                    self.stderr.write(self.style.WARNING(warning))

        async def stopping() -> None:
            await live.drain()
            await close_providers()

        server = Server(application, host, port, on_start=started, on_stop=stopping)
        server.run()
        if server.failure:
            raise CommandError(f"{host}:{port} cannot be used: {server.failure}")

    def _announce(self, host: str, port: int, token: str | None) -> None:
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.stdout.write(f"chatsite is at {address}")
        if token:
            self.stdout.write(f"Make the first account (the link works once): {address}/setup/?token={token}")
        sys.stdout.flush()
