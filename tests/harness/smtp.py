"""A mail server in a process of its own: `python -m tests.harness.smtp`.

It takes mail for anybody, and prints what came.
"""

import json
import queue
import subprocess
import sys
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self, cast

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import AuthResult

from tests.harness import patience
from tests.harness.site import ROOT

NAME, PASSWORD = "chat@mail.example", "p@ss/word"


class Mailbox:
    """The running process; a context manager."""

    def __enter__(self) -> Self:
        self._messages: queue.Queue[EmailMessage] = queue.Queue()
        command = [sys.executable, "-m", "tests.harness.smtp"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait(patience.SECONDS)
        self._reader.join(5)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def url(self) -> str:
        """What `EMAIL_URL` is for it."""
        return f"smtp://chat%40mail.example:p%40ss%2Fword@127.0.0.1:{self.port}"

    def next(self, to: str) -> EmailMessage:
        """Return the next message, which is for this address."""
        message = self._messages.get(timeout=patience.SECONDS)
        assert message["To"] == to, f"{message['To']}: {message['Subject']}"
        return message

    def is_empty(self) -> bool:
        """Whether every message was looked at."""
        return self._messages.empty()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = message_from_bytes(json.loads(line).encode(), policy=policy.default)
            self._messages.put(message)


class Handler:
    """Prints what arrives."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - its name there
        sys.stdout.write(json.dumps(envelope.content.decode()) + "\n")
        sys.stdout.flush()
        return "250 OK"


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Let in who knows name and password."""
    return AuthResult(success=(data.login, data.password) == (NAME.encode(), PASSWORD.encode()))


def main() -> None:
    """Serve until terminated, on a free port, which is printed first."""
    import asyncio

    async def serve() -> None:
        controller = UnthreadedController(
            Handler(),
            "127.0.0.1",
            0,
            loop=asyncio.get_running_loop(),
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=False,
        )
        server = await controller._create_server()
        sys.stdout.write(f"{cast(asyncio.Server, server).sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
