"""`manage.py serve`: from nothing to a running site in one command."""

import asyncio
import socket
import sys
from argparse import SUPPRESS, ArgumentParser
from collections import deque
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chat import database
from chat.catalog import inventory
from chat.generation.control import running
from chat.live_list import feed
from chat.models import SetupToken
from chat.providers.registry import close_providers
from chat.usage.rebuild import is_missing, rebuild
from chatsite.server.control import ControlSocket
from chatsite.server.limits import Limits
from chatsite.server.supervisor import Supervisor, listen

if TYPE_CHECKING:
    from chatsite.server.server import Server

# How long the start waits for the providers' lists of models; the rest is read once the site is up.
START_SECONDS = 1.0
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - only compared with
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}


class Command(BaseCommand):
    help = "Migrates the embedded database, reads the providers' lists of models, and serves the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="processes that share the port")
        # What a worker is given by its supervisor: the numbers of its open files.
        parser.add_argument("--listener", type=int, help=SUPPRESS)
        # A supervisor of the version before, which starts us at an upgrade, calls it by its former name.
        parser.add_argument("--control", "--lifeline", type=int, help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if options["listener"] is not None:
            self._work(socket.socket(fileno=options["listener"]), ControlSocket(options["control"]))
            return
        self._migrate()
        if is_missing():
            # The ledger is older than its daily sums.
            deque(rebuild(), maxlen=0)
        asyncio.run(self._sync(START_SECONDS))
        connection.close()
        if options["workers"] > 1:
            self._supervise(host, port, options["workers"])
        else:
            self._serve(host, port)

    def _migrate(self) -> None:
        """The embedded database is migrated here; one that others share is migrated on purpose."""
        if not settings.DATABASE_URL:
            settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
            call_command("migrate", verbosity=0, interactive=False)
            return
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date. Run: python manage.py migrate")

    async def _sync(self, seconds: float) -> None:
        try:
            await inventory.sync(seconds, is_final=False)
        finally:
            # Connections belong to this loop, which ends here; the server has its own.
            await close_providers()

    def _serve(self, host: str, port: int) -> None:
        """Serve in this process."""

        async def ready() -> None:
            # A server that cannot have its address must not take the link of the one that has it.
            self._announce(host, server.port, await database.run(SetupToken.issue))

        server = self._server(host, port, on_ready=ready)
        self._run(server)

    def _work(self, listener: socket.socket, control: ControlSocket) -> None:
        """Serve as one of several workers, for as long as the supervisor lives."""

        async def idle() -> None:
            feed.close()
            await running().finished()

        async def ready() -> None:
            control.connect(retire=lambda: server.retire(idle, settings.CHAT_TOTAL_TIMEOUT), stop=server.stop)

        server = self._server("127.0.0.1", 0, on_ready=ready, listener=listener)
        self._run(server)

    def _server(self, host: str, port: int, **options: Any) -> "Server":
        # Imported late: it brings Twisted, which the supervisor does without.
        from chatsite.asgi import application
        from chatsite.server.server import Server

        return Server(application, host, port, limits=Limits(body_bytes=settings.CHAT_MAX_BODY_BYTES), **options)

    def _run(self, server: "Server") -> None:
        server.run()
        if server.failure:
            raise CommandError(server.failure)

    def _supervise(self, host: str, port: int, workers: int) -> None:
        """Run several workers on one port, and look after them."""
        try:
            listener = listen(host, port)
        except OSError as error:
            raise CommandError(f"{host}:{port} cannot be used: {error}") from None
        if connection.vendor == "sqlite":
            self.stdout.write("All workers share SQLite's one writer. PostgreSQL lets them write side by side.")
        token = SetupToken.issue()
        connection.close()

        def ready() -> None:
            self._announce(host, listener.getsockname()[1], token)

        with listener:
            if not Supervisor(listener, workers, ready).run():
                raise CommandError("The workers could not be started. What they wrote tells why.")

    def _announce(self, host: str, port: int, token: str | None) -> None:
        name = "localhost" if host in EVERYWHERE else host
        address = f"http://{f'[{name}]' if ':' in name else name}:{port}"
        self.stdout.write(f"chatsite is at {address}")
        if host in EVERYWHERE and set(settings.ALLOWED_HOSTS) <= LOOPBACK:
            self.stdout.write("From elsewhere it answers only to names in ALLOWED_HOSTS.")
        if token:
            self.stdout.write(f"Make the first account (the link works once): {address}/setup/?token={token}")
        self.stdout.write("Ctrl-C stops it.")
        sys.stdout.flush()
