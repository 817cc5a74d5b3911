"""The server that `manage.py serve` runs: Daphne 4.2, with what it lacks."""

# Importing it installs Twisted's asyncio reactor, so it comes before anything that might import Twisted.
from daphne.server import Server as Daphne  # isort: skip

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from twisted.internet import endpoints as twisted_endpoints
from twisted.internet import reactor as installed_reactor
from twisted.internet import tcp as twisted_tcp
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.logger import LogLevel, STDLibLogObserver, globalLogBeginner

from chatsite.application import Application
from chatsite.server.connection import ConnectionFactory
from chatsite.server.lifespan import Lifespan, LifespanError
from chatsite.server.limits import Limits
from chatsite.server.request import Request

logger = logging.getLogger(__name__)
Hook = Callable[[], Awaitable[object]]
# Twisted's own types do not know what these can do and take.
reactor: Any = installed_reactor
log_beginner: Any = globalLogBeginner
Port: Any = twisted_tcp.Port
serverFromString: Any = twisted_endpoints.serverFromString  # noqa: N816 - Twisted's name

CHECK_SECONDS = 1.0
# How long, once all is stored, requests may take to send their last words, to be cancelled, to be flushed.
FAREWELL_SECONDS = 0.4
# Whatever hangs (a hook, a thread in C code), the process is gone this long after the time for the drain.
LAST_RESORT_SECONDS = 1.6
# Connections that wait to be accepted. Twisted's 50 makes the rest of a crowd try again a second later.
BACKLOG = 1024
STEP_SECONDS = 0.02


class SharedPort(Port):  # type: ignore[misc]
    """A port that several processes listen on: takes one connection at a time, and leaves the others the rest."""

    def doRead(self) -> None:  # noqa: N802 - Twisted's name
        self.numberAccepts = 1
        super().doRead()


class Server(Daphne):  # type: ignore[misc]
    """Serves one ASGI application on one address.

    The application gets lifespan events, which Daphne 4.2 does not send: it is started before the port is opened, and
    stopped after SIGTERM or Ctrl-C, before any request is cancelled. `on_ready` runs once the port is open. `listener`
    is an open port to use instead of opening one.
    """

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        on_ready: Hook,
        limits: Limits | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        endpoints = [f"{e}:backlog={BACKLOG}" for e in build_endpoint_description_strings(host=host, port=port)]
        super().__init__(application, endpoints, server_name="chatsite", verbosity=0)
        self._lifespan = Lifespan(application)
        self._on_ready = on_ready
        self._address = f"{host}:{port}"
        self._limits = limits or Limits()
        self._listener = listener
        self._ports: list[Any] = []
        self.connections: dict[Request, dict[str, Any]] = {}
        self.is_stopping = False
        self.failure = ""

    def run(self) -> None:
        """Serve until told to stop."""
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
        asyncio.set_event_loop(loop)
        log_beginner.beginLoggingTo([CriticalLog()], redirectStandardIO=False, discardBuffer=True)
        self.http_factory = ConnectionFactory(self, self._limits)
        reactor.callWhenRunning(self._started)
        reactor.callLater(CHECK_SECONDS, self.application_checker)
        reactor.callLater(CHECK_SECONDS, self.timeout_checker)
        reactor.addSystemEventTrigger("before", "shutdown", self.kill_all_applications)
        # Ours, because Twisted's are gone once the reactor stops: a second SIGTERM while threads end would kill.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: reactor.callFromThread(self.stop))
        if not self.abort_start:
            reactor.run(installSignalHandlers=False)

    async def _listen(self) -> None:
        """Open the port. Raises Twisted's CannotListenError."""
        if self._listener is not None:
            number, family = self._listener.fileno(), self._listener.family
            port = SharedPort._fromListeningDescriptor(reactor, number, family, self.http_factory)
            port.startListening()
            self.listen_success(port)
            return
        for endpoint in self.endpoints:
            opened = serverFromString(reactor, endpoint).listen(self.http_factory)
            self.listen_success(await opened.asFuture(asyncio.get_running_loop()))

    @property
    def port(self) -> int:
        """The port it listens on, once it runs: the one that was free if 0 was asked for."""
        return int(self.listening_addresses[0][1])

    def listen_success(self, port: Any) -> None:
        """Keep the open port, to close it first when the server stops."""
        self._ports.append(port)
        super().listen_success(port)

    def _started(self) -> None:
        # The reference keeps the task from being collected.
        self._start_task = asyncio.ensure_future(self._start())
        self._start_task.add_done_callback(_log_failure)

    async def _start(self) -> None:
        try:
            await self._lifespan.startup()
            if not self.is_stopping:
                await self._listen()
        except LifespanError as error:
            self._fail(f"The site could not be started. {error}")
        except CannotListenError as error:
            self._fail(f"{self._address} cannot be used: {error}")
        if not self.is_stopping:
            await self._on_ready()

    def _fail(self, why: str) -> None:
        """Remember why the server ends; the caller of `run` says it."""
        self.failure = why
        self.stop()

    # Requests

    def create_application(self, protocol: Request, scope: dict[str, Any]) -> Any:
        """Run the application for a request; one that ends before its response does is a failure."""
        queue = super().create_application(protocol, scope)
        if queue is not None:
            task = self.connections[protocol]["application_instance"]
            task.add_done_callback(lambda _: protocol.handle_exception(None))
        return queue

    async def handle_reply(self, protocol: Request, message: dict[str, Any]) -> None:
        """Pass on a piece of a response, not before the client has read enough of what came before it."""
        if protocol.channel is not None and not protocol.channel.writable.is_set():
            await protocol.channel.writable.wait()
        await super().handle_reply(protocol, message)

    def application_checker(self) -> None:
        """Let go of the requests that are done, and go on doing so whatever one of them does."""
        try:
            super().application_checker()
        except Exception:
            logger.exception("A request could not be cleared away.")
            reactor.callLater(CHECK_SECONDS, self.application_checker)

    def timeout_checker(self) -> None:
        """Let every connection do what is due."""
        reactor.callLater(CHECK_SECONDS, self.timeout_checker)
        for connection in list(self.http_factory.connections):
            connection.check(monotonic())

    # The end

    def retire(self, idle: Hook, seconds: float) -> None:
        """Take no more connections, and stop when `idle` returns and all requests have ended; `seconds` at the most."""
        self._retirement: asyncio.Future[Any] = asyncio.ensure_future(self._retire(idle, seconds))

    async def _retire(self, idle: Hook, seconds: float) -> None:
        began = monotonic()
        self._close_ports()
        self.http_factory.is_retired = True
        for connection in list(self.http_factory.connections):
            connection.retire()
        await _done([asyncio.ensure_future(idle())], seconds)
        await self._connections_closed(seconds - (monotonic() - began))
        self.stop()

    async def _connections_closed(self, seconds: float) -> None:
        """Wait until all connections are closed, but not longer than that."""
        deadline = monotonic() + seconds
        # Connections say nothing when they end.
        while self.http_factory.connections and monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(STEP_SECONDS)

    def _close_ports(self) -> None:
        while self._ports:
            self._ports.pop().stopListening()

    def stop(self) -> None:
        """Stop serving; once is as good as twice."""
        if not self.is_stopping:
            self.is_stopping = True
            super().stop()

    def kill_all_applications(self) -> "Deferred[None]":
        """End in good order: what Twisted waits for before it closes everything."""
        seconds = self._limits.drain_seconds + LAST_RESORT_SECONDS
        last_resort = threading.Timer(seconds, os._exit, (0,))
        last_resort.daemon = True
        last_resort.start()
        return Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        self._close_ports()
        stopped = asyncio.ensure_future(self._lifespan.shutdown())
        stopped.add_done_callback(_log_failure)
        if not await _done([stopped], self._limits.drain_seconds):
            logger.error("Storing what was under way took longer than %g seconds.", self._limits.drain_seconds)
        requests = [
            each["application_instance"] for each in self.connections.values() if "application_instance" in each
        ]
        if not await _done(requests, FAREWELL_SECONDS):
            for request in requests:
                request.cancel()
            await _done(requests, FAREWELL_SECONDS)
        # Once more, for what those that ended just now have to report.
        self.application_checker()
        # What is still in their buffers goes out first.
        for connection in list(self.http_factory.connections):
            connection.loseConnection()
        await self._connections_closed(FAREWELL_SECONDS)


async def _done(tasks: Iterable["asyncio.Future[Any]"], seconds: float) -> bool:
    """Wait for tasks, but not longer: one that will not be cancelled is left behind."""
    waiting = [task for task in tasks if not task.done()]
    return not waiting or not (await asyncio.wait(waiting, timeout=seconds))[1]


class CriticalLog:
    """Passes on what went wrong in a callback: Twisted tells its own log, and nobody else."""

    def __init__(self) -> None:
        self._observer = STDLibLogObserver(__name__)

    def __call__(self, event: Any) -> None:
        if event["log_level"] is LogLevel.critical:
            self._observer(event)


def _log_failure(task: "asyncio.Future[Any]") -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("The server could not start or stop as it should.", exc_info=error)
