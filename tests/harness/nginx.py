"""The real nginx with deploy/nginx.conf, on other ports and in a directory of its own."""

import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.harness import patience
from tests.harness.certificate import self_signed
from tests.harness.site import ROOT

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or ""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class Nginx:
    """A context manager: nginx in front of `apps`, each an address such as `127.0.0.1:8000`.

    `address` leads to them, over TLS or without; `plain` is the one that redirects to TLS.
    """

    def __init__(self, directory: Path, apps: Sequence[str], *, tls: bool = True) -> None:
        self.directory = directory
        secure, plain = free_port(), free_port()
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{secure}"
        self.plain = f"http://127.0.0.1:{plain}"
        temporary = "\n    ".join(f"{kind}_temp_path {directory}/{kind};" for kind in TEMPORARY)
        words = (ROOT / "deploy" / "nginx.conf").read_text()
        for old, new in {
            "worker_processes auto;": "worker_processes 1;\ndaemon off;",
            "/run/nginx.pid": f"{directory}/pid",
            "error_log stderr warn;": f"error_log {directory}/error.log warn;",
            "/dev/stdout": f"{directory}/access.log",
            "server_tokens off;": f"server_tokens off;\n    {temporary}",
            "app-1:8000": apps[0],
            "app-2:8000": apps[-1],
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{secure} ssl http2;" if tls else f"listen 127.0.0.1:{secure};",
            "/etc/nginx/tls/fullchain.pem": f"{directory}/both.pem",
            "/etc/nginx/tls/privkey.pem": f"{directory}/both.pem",
        }.items():
            assert old in words, old
            words = words.replace(old, new)
        # All clients of a test come from one address.
        words = words.replace("limit_conn connections 200;", "limit_conn connections 20000;")
        (directory / "nginx.conf").write_text(words)

    def __enter__(self) -> Self:
        # Its workers are somebody else, who must get through.
        self.directory.chmod(0o755)
        self_signed(self.directory / "both.pem")
        command = [NGINX, "-p", f"{self.directory}", "-c", f"{self.directory}/nginx.conf"]
        command += ["-e", f"{self.directory}/error.log"]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "[warn]" not in checked.stderr, checked.stderr
        self._process = subprocess.Popen(command)
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait(patience.SECONDS)
