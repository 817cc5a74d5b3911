"""A server that starts `manage.py` as a copy of itself: `python -m tests.harness.forkserver`, as in multiprocessing.

Tests start hundreds of Pythons, and each takes most of a second to import Django, Twisted and the like. Here that is
done once. What is imported beforehand reads no setting and no variable: the product itself is imported by each process,
with an environment of its own, as it is when somebody types the command. Only a server that is told to set Django up
(`ForkServer.prepared`) has all of it, for one environment; its copies are for the commands of a site that runs.

A request is JSON, with the files that become the standard output and error of the new process and a socket, over which
come its id, and once it has ended its exit code.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, Self

from tests.harness import patience

ROOT: Final = Path(__file__).resolve().parents[2]
# What can be imported before there are settings, and takes long. Not Twisted's reactor: who imports it chooses one.
# Not prometheus_client: it looks at the environment.
PRELOADED: Final = (
    *("sqlite3", "email.mime.multipart", "http.cookiejar", "multiprocessing.context", "zoneinfo"),
    *("django.core.management", "django.core.handlers.asgi", "django.core.mail", "django.core.paginator"),
    *("django.contrib.admin.options", "django.contrib.staticfiles.finders", "django.contrib.syndication.views"),
    *("django.db.models", "django.db.migrations.executor", "django.db.backends.sqlite3.base"),
    *("django.forms", "django.template.loader", "django.test.client", "django.views.generic", "django.urls"),
    *("requests", "cryptography.hazmat.primitives.serialization", "httpx2", "httptools", "msgspec", "sqlparse"),
    *("psycopg", "twisted.web.http", "twisted.web.server", "autobahn.websocket.protocol", "whitenoise.base"),
)
# Of a request: a command in its environment, with the snippets that tests run.
LARGEST: Final = 200_000


class Forked:
    """A process that a server has started, with the part of `subprocess.Popen` that tests use."""

    def __init__(self, told: socket.socket, stdout: IO[str] | None) -> None:
        self.stdout = stdout
        self.returncode: int | None = None
        self.pid = int(told.recv(20))
        # A bare descriptor: a socket that is collected together with this would warn before it can be closed here.
        self._told = told.detach()

    def __del__(self) -> None:
        if self.returncode is None and hasattr(self, "_told"):
            os.close(self._told)

    def poll(self) -> int | None:
        """Return the exit code, or the signal that ended it as a negative number; None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Returns the exit code; raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("manage.py", timeout or 0)
            code = os.read(self._told, 20)
            assert code, "the fork server has died"
            self.returncode = int(code)
            os.close(self._told)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """Asks a server for processes; a context manager. It ends, with all that it has started, when this is closed."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.harness.forkserver", str(theirs.fileno())]
            self._process: subprocess.Popen[bytes] | Forked = subprocess.Popen(
                command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._socket.close()

    def close(self) -> None:
        self._socket.close()
        self._process.wait(patience.SECONDS)

    def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Forked:
        """Start `manage.py` with arguments. What it prints, also as an error, comes out of its `stdout`."""
        reading, writing = os.pipe()
        try:
            process = self._ask([writing, writing], arguments=arguments, environment=environment)
        finally:
            os.close(writing)
        process.stdout = os.fdopen(reading)
        return process

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], out: IO[str], error: IO[str]) -> int:
        """Run `manage.py` to its end. Returns its exit code."""
        asked = [out.fileno(), error.fileno()]
        return self._ask(asked, arguments=arguments, environment=environment).wait(patience.SECONDS)

    def prepared(self, environment: Mapping[str, str]) -> "ForkServer":
        """Return a server that has set Django up in an environment, a copy of this one."""
        copy = object.__new__(ForkServer)
        copy._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            copy._process = self._ask([1, 2, theirs.fileno()], environment=environment)
        return copy

    def _ask(self, files: list[int], **request: Any) -> Forked:
        told, telling = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with telling:
            socket.send_fds(self._socket, [json.dumps(request).encode()], [telling.fileno(), *files])
        return Forked(told, None)


class Request:
    """What a new process shall be, with the files that came along."""

    def __init__(self, message: bytes, files: list[int]) -> None:
        self._said = json.loads(message)
        self._files = files
        self.telling = socket.socket(fileno=files[0])

    def close(self) -> None:
        """Close, in the server, what is the new process's alone."""
        for file in self._files[1:]:
            os.close(file)

    def become(self) -> None:
        """Be that process, from its first line to its last."""
        os.environ.clear()
        os.environ.update(self._said["environment"])
        os.dup2(self._files[1], 1)
        os.dup2(self._files[2], 2)
        for file in self._files[1:3]:
            os.close(file)
        if "arguments" in self._said:
            sys.argv = ["manage.py", *self._said["arguments"]]
            runpy.run_path("manage.py", run_name="__main__")
            return
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
        importlib.import_module("django").setup()
        serve(socket.socket(fileno=self._files[3]))


def serve(asked: socket.socket) -> None:
    """Start what is asked for until nobody can ask any more. In each new process this returns when that has ended."""
    gc.freeze()
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # Ctrl-C is for those who ask; when they are gone, so is this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running: dict[int, socket.socket] = {}
    while True:
        ready = select.select([asked.fileno(), reading], [], [])[0]
        if reading in ready:
            os.read(reading, 1000)
            bury(running)
        if asked.fileno() in ready:
            message, files, *_ = socket.recv_fds(asked, LARGEST, 4)
            if not message:
                break
            request = Request(message, files)
            if pid := os.fork():
                request.close()
                request.telling.send(str(pid).encode())
                running[pid] = request.telling
                continue
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for file in (asked, request.telling, *running.values()):
                file.close()
            os.close(reading)
            os.close(writing)
            request.become()
            return
    for pid in running:
        os.kill(pid, signal.SIGTERM)


def bury(running: dict[int, socket.socket]) -> None:
    """Tell how those ended that did."""
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with running.pop(pid) as telling, contextlib.suppress(OSError):
                telling.send(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    for name in PRELOADED:
        importlib.import_module(name)
    serve(socket.socket(fileno=int(sys.argv[1])))
