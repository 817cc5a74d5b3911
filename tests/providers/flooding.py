"""Serves bodies without end to a process that asks for them, and tells what became of it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from subprocess import PIPE
from typing import Any

import pytest

from tests.harness import patience
from tests.harness.site import ROOT

Served = tuple[bytes, Iterator[bytes]]


@asynccontextmanager
async def serving(body: Callable[[], Served], small: bytes) -> AsyncIterator[str]:
    """Serve `body` at /flood and something small at /small. Yields the address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
                await reader.readexactly(int(fields.get(b"content-length", b"0")))
                if b"/small" in head.split(b"\r\n")[0]:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(small), small))
                    continue
                start, pieces = body()
                writer.write(start + b"\r\n")
                # An empty piece would be the end.
                for piece in filter(None, pieces):
                    writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if b"chunked" in start else piece)
                    await writer.drain()
                writer.write(b"0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


Ask = Callable[..., Coroutine[None, None, Any]]


@pytest.fixture(scope="module")
def asked() -> Iterator[Ask]:
    """Asks for a body in a process of its own, and returns what that tells."""
    command = [sys.executable, "-m", "tests.providers.flood"]
    with subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as asking:
        assert asking.stdin
        assert asking.stdout
        stdin, stdout = asking.stdin, asking.stdout

        async def ask(kind: str, body: Callable[[], Served], question: str = "answer", small: bytes = b"{}") -> Any:
            async with serving(body, small) as address:
                stdin.write(f"{kind} {address} {question}\n")
                return json.loads(await asyncio.to_thread(stdout.readline))

        yield ask
        stdin.close()
        assert asking.wait(patience.SECONDS) == 0
