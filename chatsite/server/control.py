"""The socket between a worker and its supervisor: a byte each way, and its end tells either that the other has died."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable
from typing import Final

# Both bytes stay as they are: after an upgrade, workers of the new version talk to a supervisor of the old one.
# From a worker: it serves.
READY: Final = b"1"
# To a worker: it is to finish what it does, and go.
RETIRE: Final = b"0"


class ControlSocket:
    """The worker's end."""

    def __init__(self, number: int) -> None:
        self._socket = socket.socket(fileno=number)

    def connect(self, *, retire: Callable[[], object], stop: Callable[[], object]) -> None:
        """Say that the worker serves, and do from now on what it is told. `stop` is called if the supervisor dies."""
        # A terminal that is closed sends this to every process; what it means is for the supervisor to say.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        loop = asyncio.get_running_loop()

        def read() -> None:
            try:
                received = self._socket.recv(1)
            except OSError:
                received = b""
            if received == RETIRE:
                retire()
            elif not received:
                loop.remove_reader(self._socket)
                stop()

        self._socket.setblocking(False)
        loop.add_reader(self._socket, read)
        # A supervisor that was killed meanwhile hears nothing; that it is gone is read next.
        with contextlib.suppress(OSError):
            self._socket.send(READY)
