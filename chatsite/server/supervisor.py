"""Several worker processes that share one port: started, watched, replaced one after the other, ended.

They share the listening socket itself, not just its number: connections that wait to be accepted belong to no worker,
so that none is lost with a worker that dies or is replaced, and a busy worker leaves them to the others. Each worker is
a new Python process, which after an upgrade runs the new code. The README of `chatsite` tells why this is not one of
the supervisors that there are.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, Final

from prometheus_client.multiprocess import mark_process_dead

from chat.metrics import DIRECTORY_VARIABLE
from chatsite.server.control import READY, RETIRE

logger = logging.getLogger(__name__)

BACKLOG: Final = 1024
START_SECONDS: Final = 60.0
# More than a worker takes, which ends by itself (`Limits.drain_seconds`).
STOP_SECONDS: Final = 15.0
# A worker that dies younger than this is not replaced at once, but after a delay that doubles each time.
YOUNG_SECONDS: Final = 10.0
MAX_DELAY_SECONDS: Final = 30.0


def listen(host: str, port: int) -> socket.socket:
    """Open the port; 0 is any that is free. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    # A connection wakes all workers, and one gets it: the others must not block until the next one.
    listener.setblocking(False)
    return listener


class Worker:
    """A worker as its supervisor sees it."""

    def __init__(self, process: Process, control: socket.socket) -> None:
        self.process = process
        self.control = control
        self.began = monotonic()
        self.is_leaving = False

    async def is_ready(self) -> bool:
        """Wait until it serves; False if it never will."""
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(START_SECONDS):
                return await asyncio.get_running_loop().sock_recv(self.control, 1) == READY
        return False

    def retire(self) -> None:
        """Let it finish what it does, and go."""
        self.is_leaving = True
        with contextlib.suppress(OSError):
            self.control.send(RETIRE)

    def terminate(self) -> None:
        """Let it store what is under way, and go at once."""
        self.is_leaving = True
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()


class Supervisor:
    """Keeps `count` workers running on a port. SIGHUP replaces them, SIGTERM and Ctrl-C end them."""

    def __init__(self, listener: socket.socket, count: int, on_ready: Callable[[], object]) -> None:
        self._listener = listener
        self._count = count
        self._on_ready = on_ready
        self._environment = {**os.environ}
        self._serving: list[Worker] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._all: set[Worker] = set()
        self._early_deaths = 0

    def run(self) -> bool:
        """Serve until told to stop. Returns False if the workers could not be started."""
        with tempfile.TemporaryDirectory(prefix="chatsite-metrics-") as directory:
            self._environment[DIRECTORY_VARIABLE] = directory
            return asyncio.run(self._run())

    async def _run(self) -> bool:
        loop = asyncio.get_running_loop()
        self._stopping, self._restart = asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._restart.set)
        started = await asyncio.gather(*(self._start() for _ in range(self._count)))
        if all(started) and not self._stopping.is_set():
            self._on_ready()
            restarting = asyncio.create_task(self._restart_when_told())
            await self._stopping.wait()
            restarting.cancel()
        self._stopping.set()
        await self._end()
        return all(started)

    async def _start(self) -> Worker | None:
        """Start a worker and wait until it serves; None if it does not come to that."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        files = (self._listener.fileno(), theirs.fileno())
        command = (sys.executable, sys.argv[0], "serve", f"--listener={files[0]}", f"--control={files[1]}")
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *command, pass_fds=files, env=self._environment, start_new_session=True
            )
        worker = Worker(process, ours)
        self._all.add(worker)
        is_ready = await worker.is_ready()
        if not is_ready:
            worker.terminate()
        elif not worker.is_leaving:
            self._serving.append(worker)
        self._spawn(self._watch(worker))
        return worker if is_ready else None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self, worker: Worker) -> None:
        """Wait for a worker's end, and replace it if it was not told to end."""
        code = await worker.process.wait()
        worker.control.close()
        self._all.discard(worker)
        mark_process_dead(worker.process.pid, self._environment[DIRECTORY_VARIABLE])  # type: ignore[no-untyped-call]
        if worker in self._serving:
            self._serving.remove(worker)
        if worker.is_leaving:
            return
        logger.error("Worker %d has ended (%d); another one takes its place.", worker.process.pid, code)
        is_young = monotonic() - worker.began < YOUNG_SECONDS
        self._early_deaths = self._early_deaths + 1 if is_young else 0
        await self._replace()

    async def _replace(self) -> None:
        while not self._stopping.is_set():
            delay = min(MAX_DELAY_SECONDS, 2.0**self._early_deaths) if self._early_deaths else 0
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            if self._stopping.is_set() or await self._start():
                return
            self._early_deaths += 1

    async def _restart_when_told(self) -> None:
        while True:
            await self._restart.wait()
            self._restart.clear()
            await self._restart_all()

    async def _restart_all(self) -> None:
        """Replace the workers one after the other; each goes when its successor serves and its answers are written."""
        # One that is just starting may have begun with what was there before, too.
        there = [worker for worker in self._all if not worker.is_leaving]
        for worker in sorted(there, key=lambda worker: worker.began):
            if await self._start() is None:
                logger.error("A new worker could not be started; the old ones go on.")
                return
            worker.retire()
            if worker in self._serving:
                self._serving.remove(worker)
        logger.info("All workers have been replaced.")

    async def _end(self) -> None:
        for worker in self._all:
            worker.terminate()
        ending = [asyncio.create_task(worker.process.wait()) for worker in self._all]
        if ending and (await asyncio.wait(ending, timeout=STOP_SECONDS))[1]:
            for worker in self._all:
                with contextlib.suppress(ProcessLookupError):
                    worker.process.kill()
            await asyncio.wait(ending)
