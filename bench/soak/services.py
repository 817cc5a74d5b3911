"""A PostgreSQL and a Redis of one's own, to be restarted in the midst of everything."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.harness.nginx import free_port

START_SECONDS = 60.0
# PostgreSQL does not run as root.
AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")


class Service:
    """A program on a port of its own; a context manager."""

    def __init__(self, command: Sequence[str], port: int, quit_signal: signal.Signals) -> None:
        self._command = tuple(command)
        self._port = port
        self._quit_signal = quit_signal

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until somebody listens."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop it as an upgrade would: whoever is connected is thrown out."""
        self._process.send_signal(self._quit_signal)
        self._process.wait(30)

    def restart(self) -> None:
        """Stop it, and start it again with what it had stored."""
        self.stop()
        self.start()


def has_postgres() -> bool:
    """Whether a PostgreSQL can be started here."""
    return shutil.which(_bin("initdb")) is not None


def has_redis() -> bool:
    """Whether a Redis can be started here."""
    return shutil.which("redis-server") is not None


def _bin(name: str) -> str:
    # Debian keeps them out of the path, one directory for each version.
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else name


def postgres(directory: Path) -> tuple[Service, str]:
    """Return a PostgreSQL with an empty database, and the database's address."""
    port, data = free_port(), directory / "postgres"
    data.mkdir()
    user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        user = AS_POSTGRES
        shutil.chown(data, "postgres", "postgres")
        # It has to get to its directory.
        for above in (directory, *directory.parents):
            if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
                above.chmod(0o711)
    made = [*user, _bin("initdb"), "--auth=trust", "--username=postgres", "--no-sync", f"--pgdata={data}"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    options = {"unix_socket_directories": f"{data}", "listen_addresses": "127.0.0.1", "max_connections": "200"}
    settings = [f"--{name}={value}" for name, value in options.items()]
    command = [*user, _bin("postgres"), "-D", str(data), "-p", str(port), *settings]
    # SIGINT ends sessions and is a clean end all the same ("fast shutdown").
    return Service(command, port, signal.SIGINT), f"postgresql://postgres@127.0.0.1:{port}/postgres"


def redis(directory: Path) -> tuple[Service, str]:
    """Return a Redis that stores nothing, and its address."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    return Service(command, port, signal.SIGTERM), f"redis://127.0.0.1:{port}/0"
