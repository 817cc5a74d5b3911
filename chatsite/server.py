"""Daphne, embedded: the server that `manage.py serve` runs."""

# Importing it installs Twisted's asyncio reactor, so it comes before anything that might import Twisted.
from daphne.server import Server as Daphne  # isort: skip

import asyncio
from collections.abc import Awaitable, Callable

from daphne.endpoints import build_endpoint_description_strings
from twisted.internet import defer, reactor

Hook = Callable[[], Awaitable[object]]


class Server(Daphne):  # type: ignore[misc]
    """Serves one ASGI application on one address.

    `on_start` runs once the loop turns; `on_stop` is awaited after SIGTERM or Ctrl-C, before any request is
    cancelled (Daphne 4.2 gives applications no lifespan events, and its own shutdown runs no `finally`).
    """

    def __init__(self, application: object, host: str, port: int, *, on_start: Hook, on_stop: Hook) -> None:
        endpoints = build_endpoint_description_strings(host=host, port=port)
        super().__init__(application, endpoints, server_name="chatsite", verbosity=0)
        self._on_start = on_start
        self._on_stop = on_stop
        self.failure = ""

    def run(self) -> None:
        """Serve until told to stop."""
        reactor.callWhenRunning(self._started)
        # Daphne adds its own trigger, which cancels every request, later in `run`; triggers of a phase start in order.
        reactor.addSystemEventTrigger("before", "shutdown", self._stopping)  # type: ignore[arg-type]
        super().run()

    @property
    def port(self) -> int:
        """The port it listens on, once it runs: the one that was free if 0 was asked for."""
        return int(self.listening_addresses[0][1])

    def listen_error(self, failure: object) -> None:
        """Remember why the address could not be had; the caller says it."""
        self.failure = failure.getErrorMessage()  # type: ignore[attr-defined]
        self.stop()

    def _started(self) -> None:
        # The reference keeps the task from being collected.
        self._start_task = asyncio.ensure_future(self._on_start())

    def _stopping(self) -> object:
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._on_stop()))
