"""Daphne, embedded and hardened: the server that `manage.py serve` runs."""

# Importing it installs Twisted's asyncio reactor, so it comes before anything that might import Twisted.
from daphne.server import Server as Daphne  # isort: skip

import asyncio
import gc
import logging
import os
import resource
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
from twisted.logger import LogLevel, STDLibLogObserver, globalLogBeginner

from chatsite.application.thread_pool import Application, Lanes, replace_signals
from chatsite.server.connection import Factory, Limits, Request

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
OPEN_FILES = 65_536
RETIREMENT_STEP_SECONDS = 0.1
# Python looks for cycles after 700 new objects, which is one question or some tokens.
OBJECTS_PER_COLLECTION = 10_000


class SharedPort(Port):  # type: ignore[misc]
    """A port that several processes listen on: takes one connection at a time, and leaves the others the rest."""

    def doRead(self) -> None:  # noqa: N802 - Twisted's name
        self.numberAccepts = 1
        super().doRead()


class Server(Daphne):  # type: ignore[misc]
    """Serves one ASGI application on one address.

    `on_start` runs once the loop turns; `on_stop` is awaited after SIGTERM or Ctrl-C, before any request is
    cancelled (Daphne 4.2 gives applications no lifespan events, and its own shutdown runs no `finally`). `listener` is
    an open port to use instead of opening one.
    """

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        on_start: Hook,
        on_stop: Hook,
        limits: Limits | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        endpoints = [f"{e}:backlog={BACKLOG}" for e in build_endpoint_description_strings(host=host, port=port)]
        super().__init__(Lanes(application), endpoints, server_name="chatsite", verbosity=0)
        self._on_start = on_start
        self._on_stop = on_stop
        self._limits = limits or Limits()
        self._listener = listener
        self._ports: list[Any] = []
        self.connections: dict[Request, dict[str, Any]] = {}
        self.stopping = False
        self.failure = ""

    def run(self) -> None:
        """Serve until told to stop."""
        _allow_many_connections()
        replace_signals()
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
        asyncio.set_event_loop(loop)
        log_beginner.beginLoggingTo([_log_critical], redirectStandardIO=False, discardBuffer=True)
        self.http_factory = Factory(self, self._limits)
        self._listen()
        reactor.callWhenRunning(self._started)
        reactor.callLater(CHECK_SECONDS, self.application_checker)
        reactor.callLater(CHECK_SECONDS, self.timeout_checker)
        reactor.addSystemEventTrigger("before", "shutdown", self.kill_all_applications)
        # Ours, because Twisted's are gone once the reactor stops: a second SIGTERM while threads end would kill.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: reactor.callFromThread(self.stop))
        if not self.abort_start:
            reactor.run(installSignalHandlers=False)

    def _listen(self) -> None:
        if self._listener is not None:
            number, family = self._listener.fileno(), self._listener.family
            port = SharedPort._fromListeningDescriptor(reactor, number, family, self.http_factory)
            port.startListening()
            self.listen_success(port)
            return
        for endpoint in self.endpoints:
            serverFromString(reactor, endpoint).listen(self.http_factory).addCallbacks(
                self.listen_success, self.listen_error
            )

    @property
    def port(self) -> int:
        """The port it listens on, once it runs: the one that was free if 0 was asked for."""
        return int(self.listening_addresses[0][1])

    def listen_success(self, port: Any) -> None:
        """Keep the open port, to close it first when the server stops."""
        self._ports.append(port)
        super().listen_success(port)

    def listen_error(self, failure: Any) -> None:
        """Remember why the address could not be had; the caller says it."""
        self.failure = failure.getErrorMessage()
        self.stop()

    def _started(self) -> None:
        # The reference keeps the task from being collected.
        self._start_task = asyncio.ensure_future(self._start())
        self._start_task.add_done_callback(_log_failure)

    async def _start(self) -> None:
        await self._on_start()
        # What is there now stays: looking through all of it for cycles would stop every stream for a tenth of a second.
        gc.freeze()
        gc.set_threshold(OBJECTS_PER_COLLECTION)

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
        if protocol.channel is not None and protocol.channel.is_full:
            await protocol.channel.room()
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
        try:
            for channel in list(self.http_factory.channels):
                channel.check(monotonic())
        finally:
            reactor.callLater(CHECK_SECONDS, self.timeout_checker)

    # The end

    def retire(self, idle: Hook, seconds: float) -> None:
        """Take no more connections, and stop when all requests have ended and `idle` returns; `seconds` at the most."""
        self._retirement: asyncio.Future[Any] = asyncio.ensure_future(self._retire(idle, seconds))
        self._retirement.add_done_callback(_log_failure)

    async def _retire(self, idle: Hook, seconds: float) -> None:
        deadline = monotonic() + seconds
        self._close_ports()
        self.http_factory.is_retired = True
        for channel in list(self.http_factory.channels):
            channel.retire()
        await _done([asyncio.ensure_future(idle())], seconds)
        # Connections say nothing when they end, and nobody is in a hurry.
        while self.http_factory.channels and monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(RETIREMENT_STEP_SECONDS)
        self.stop()

    def _close_ports(self) -> None:
        while self._ports:
            self._ports.pop().stopListening()

    def stop(self) -> None:
        """Stop serving; once is as good as twice."""
        if not self.stopping:
            self.stopping = True
            super().stop()

    def kill_all_applications(self) -> "Deferred[None]":
        """End in good order: what Twisted waits for before it closes everything."""
        self.stopping = True
        seconds = self._limits.drain_seconds + LAST_RESORT_SECONDS
        last_resort = threading.Timer(seconds, os._exit, (0,))
        last_resort.daemon = True
        last_resort.start()
        return Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        self._close_ports()
        stopped = asyncio.ensure_future(self._on_stop())
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
        await _done([channel.close() for channel in list(self.http_factory.channels)], FAREWELL_SECONDS)


async def _done(tasks: Iterable["asyncio.Future[Any]"], seconds: float) -> bool:
    """Wait for tasks, but not longer: one that will not be cancelled is left behind."""
    waiting = [task for task in tasks if not task.done()]
    return not waiting or not (await asyncio.wait(waiting, timeout=seconds))[1]


_twisted_log = STDLibLogObserver(__name__)


def _log_critical(event: Any) -> None:
    """Pass on what went wrong in a callback: Twisted tells its own log, and nobody else."""
    if event["log_level"] is LogLevel.critical:
        _twisted_log(event)


def _log_failure(task: "asyncio.Future[Any]") -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("The server could not start or stop as it should.", exc_info=error)


def _allow_many_connections() -> None:
    """Use as many open files as we may: most systems start with 1024, and a stream needs two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
