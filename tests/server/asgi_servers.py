"""Runs ASGI applications under the servers that there are, as their own documentation says."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import httpx2

from tests.harness.site import ROOT, Site
from tests.harness.upstream.process import Upstream

SITE: Final = "chatsite.asgi:application"
# Seconds that the servers give to requests at SIGTERM, before they cancel them and tell the application.
GRACE: Final = "2"
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "daphne": ("daphne", "-b", "127.0.0.1", "-p", "{port}", "{application}"),
    "uvicorn": ("uvicorn", "--port", "{port}", "--timeout-graceful-shutdown", GRACE, "{application}"),
    "granian": ("granian", "--interface", "asgi", "--port", "{port}", "--workers-kill-timeout", GRACE, "{application}"),
}
# Daphne's own command knows nothing of the lifespan protocol.
WITH_LIFESPAN: Final = ("uvicorn", "granian")


def command(server: str, application: str, port: int) -> list[str]:
    """Return the command that serves an application."""
    words = [word.format(port=port, application=application) for word in COMMANDS[server]]
    return [sys.executable, "-m", *words]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def until_answered(process: "subprocess.Popen[str]", url: str) -> None:
    """Wait until a server answers at an address, whatever it answers."""
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None
        assert time.monotonic() < deadline
        try:
            httpx2.get(url, trust_env=False)
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return


class HostedSite(Site):
    """The site under a server other than its own; a context manager."""

    def __init__(self, server: str, data_dir: Path, upstream: Upstream) -> None:
        super().__init__(data_dir, {"OPENAI_BASE_URL": upstream.base_url})
        self.server = server

    def __enter__(self) -> Self:
        super().__enter__()
        self.manage("syncmodels")
        return self

    def start(self, port: int = 0) -> None:
        """Start the server and wait until it answers."""
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with (self.data_dir / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                command(self.server, SITE, self.port), cwd=ROOT, env=self.environment, stdout=log, stderr=log, text=True
            )
        until_answered(self.process, f"{self.url}/healthz")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop the server. Returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)

    def logged(self) -> str:
        return (self.data_dir / "server.log").read_text()
