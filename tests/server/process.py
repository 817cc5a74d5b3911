"""Runs the misbehaving application under the real server, and talks to it as clients do that are no better."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx2

ROOT = Path(__file__).resolve().parents[2]


class Served:
    """The application in a process of its own; a context manager. `layers`: below the site's own.

    `on_stop` is how the application stops, `on_ready` what the server's caller does once the port is open. `listener`
    is a port that it shares with others.
    """

    def __init__(
        self,
        *,
        on_stop: str = "0",
        on_ready: str = "",
        layers: bool = False,
        listener: socket.socket | None = None,
        **limits: float,
    ) -> None:
        self._command = [sys.executable, "-m", "tests.server.app", json.dumps(limits), *(["layers"] if layers else [])]
        self._told = {"ON_STOP": on_stop, "ON_READY": on_ready}
        self._shared = () if listener is None else (listener.fileno(),)
        self._connections: list[socket.socket] = []

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, **self._told, "LISTENER": "".join(map(str, self._shared))},
            pass_fds=self._shared,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *exc: object) -> None:
        for raw in self._connections:
            raw.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def terminate(self, *signals: signal.Signals) -> tuple[int, float, str, str]:
        """Send signals, 0.3 s apart. Returns the exit code, the seconds it took, and what was printed and logged."""
        began = time.monotonic()
        for number in signals or (signal.SIGTERM,):
            self.process.send_signal(number)
            time.sleep(0.3)
        out, log = self.process.communicate(timeout=20)
        return self.process.returncode, time.monotonic() - began, out, log

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=20, trust_env=False)

    def seen(self) -> dict[str, int]:
        """Return what the application noticed."""
        with self.client() as client:
            found: dict[str, int] = client.get("/seen").json()
            return found

    def until(self, fact: Callable[[dict[str, int]], bool], seconds: float = 15) -> dict[str, int]:
        """Wait until a fact holds for what the application noticed."""
        deadline = time.monotonic() + seconds
        while not fact(seen := self.seen()):
            assert time.monotonic() < deadline, seen
            time.sleep(0.1)
        return seen

    def connect(self, data: bytes | str = b"", **options: Any) -> socket.socket:
        """Return a raw connection over which `data` has been sent; it is closed with the rest."""
        raw = connect(self.port, data, **options)
        self._connections.append(raw)
        return raw

    @property
    def memory(self) -> int:
        return memory(self.process.pid)


def connect(
    port: int, data: bytes | str = b"", *, receive_buffer: int | None = None, timeout: float = 20
) -> socket.socket:
    """Return a raw connection over which `data` has been sent; a small receive buffer makes it full soon."""
    raw = socket.socket()
    if receive_buffer:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    raw.settimeout(timeout)
    try:
        raw.connect(("127.0.0.1", port))
        raw.sendall(data.encode() if isinstance(data, str) else data)
    except OSError:
        raw.close()
        raise
    return raw


def get(path: str, *headers: str) -> str:
    """Return a GET request as text."""
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""))


def receive_all(raw: socket.socket) -> bytes:
    """Return all that comes until the server closes; a reset ends it too."""
    received = b""
    try:
        while piece := raw.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def memory(pid: int) -> int:
    """Return a process's resident memory, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) * 1024
