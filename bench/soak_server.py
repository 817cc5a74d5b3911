"""What bad and many clients cost the whole site: memory, lag, threads, connections.

Run with `--small` (a minute) or `--full` (the sizes of the promise). Each run is a function with its size as a
parameter, and returns the figures of one line of the table.
"""

import argparse
import asyncio
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.site import Site
from tests.upstream.process import Upstream

MIB = 1024 * 1024
MODEL = "gpt-4o-mini"
SLOW = "gpt-4o"


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, what it may be at most, in which unit."""

    name: str
    value: float
    limit: float
    unit: str

    @property
    def kept(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True)
class Footprint:
    """What the server's process holds."""

    memory: int
    files: int
    threads: int
    database_files: int
    sockets: int

    @classmethod
    def of(cls, site: Site) -> "Footprint":
        """Look at a running site's process, from outside."""
        process = Path(f"/proc/{site.process.pid}")
        lines = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        links = [_target(link) for link in (process / "fd").iterdir()]
        return cls(
            memory=int(lines["VmRSS"].split()[0]) * 1024,
            files=len(links),
            threads=int(lines["Threads"]),
            database_files=sum(link.endswith("db.sqlite3") for link in links),
            sockets=sum(link.startswith("socket:") for link in links),
        )


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""


@contextmanager
def serving(directory: Path) -> Iterator[tuple[Site, Upstream]]:
    """Run a site in front of a scripted upstream; a user may have any number of streams."""
    settings = {"CHAT_MAX_STREAMS_PER_USER": "0", "CHAT_DISCONNECT_GRACE": "0"}
    with Upstream() as upstream:
        upstream.script(MODEL, stamps=True, tokens=100_000, delay=0.025)
        upstream.script(SLOW, tokens=2, then="hang", after=1)
        upstream.script("flood", text=["words " * 80] * 1024, delay=0.1)
        with Site(directory, {"OPENAI_BASE_URL": upstream.base_url, **settings}) as site:
            yield site, upstream


def request(site: Site, model: str, message: str = "soak") -> bytes:
    """Return a question as it goes over the wire."""
    body = json.dumps({"message": message, "model": model}).encode()
    head = (
        f"POST /api/chat/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {site.keys['alice']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def port_of(site: Site) -> int:
    """Return the port of a running site."""
    return int(site.url.rpartition(":")[2])


async def lags(site: Site, streams: int, seconds: float) -> list[float]:
    """Follow streams for a while. Returns how much later each token came than it left the upstream, in ms."""
    found: list[float] = []

    async def follow() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(site))
        try:
            writer.write(request(site, MODEL))
            async with asyncio.timeout(seconds):
                while line := await reader.readline():
                    if not line.startswith(b"data: ") or b'"token"' not in line:
                        continue
                    # Tokens that were merged on the way count by the oldest.
                    stamp = float(json.loads(line[6:])["content"].split()[0])
                    found.append((time.monotonic() - stamp) * 1000)
        except TimeoutError:
            pass
        finally:
            writer.close()

    await asyncio.gather(*(follow() for _ in range(streams)))
    return found


def p99(values: list[float]) -> float:
    """Return the value that one in a hundred exceeds."""
    return sorted(values)[int(len(values) * 0.99)]


def big_page(site: Site) -> bytes:
    """Return a request for something large, 300 kB of JSON: what one who never reads asks for again and again."""
    conversation = site.shell(
        "from chat.models import Conversation, Message",
        "alice = User.objects.get(username='alice')",
        "c = Conversation.objects.create(owner=alice, title='large')",
        "Message.objects.create(conversation=c, role='user', content='x' * 300_000)",
        "print(c.pk)",
    ).strip()
    return (
        f"GET /api/conversations/{conversation} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {site.keys['alice']}\r\n\r\n"
    ).encode()


async def read_pages(site: Site, page: bytes, clients: int) -> None:
    """Ask for a page from many clients at once, and read the answers."""

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(site))
        writer.write(page.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        await reader.read()
        writer.close()

    await asyncio.gather(*(one() for _ in range(clients)))


def never_reading(site: Site, clients: int, seconds: float, streams: int = 20) -> list[Figure]:
    """Clients that never read: half of them ask for a very long answer, half 40 times for a large conversation."""
    page = big_page(site)
    # Clients that do read leave the allocator with room for as many pages at once; only what is more counts.
    asyncio.run(read_pages(site, page, clients))
    quiet = p99(asyncio.run(lags(site, streams, seconds)))
    before = Footprint.of(site).memory
    silent = []
    for number in range(clients):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", port_of(site)))
        raw.sendall(page * 40 if number % 2 else request(site, "flood", "flood"))
        silent.append(raw)
    # What they ask for is made first; then the buffers on the way fill up, and nothing moves any more.
    time.sleep(min(seconds / 4, 10))
    try:
        disturbed = p99(asyncio.run(lags(site, streams, seconds)))
        grown = Footprint.of(site).memory - before
    finally:
        for raw in silent:
            raw.close()
    return [
        Figure(f"{clients} clients that never read for {seconds:g} s: memory", grown / MIB, 50, "MiB"),
        # A floor, because twice next to nothing is next to nothing.
        Figure(f"  p99 lag of {streams} others (alone {quiet:.0f})", disturbed, max(2 * quiet, 50), "ms"),
    ]


def great_post(site: Site, size: int) -> list[Figure]:
    """POST a body of `size` bytes without signing in."""
    before = Footprint.of(site).memory
    answer = b""
    with socket.create_connection(("127.0.0.1", port_of(site)), timeout=30) as raw:
        head = f"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n"
        raw.sendall(head.encode())
        peak = before
        try:
            for _ in range(size // MIB):
                raw.sendall(b"x" * MIB)
                peak = max(peak, Footprint.of(site).memory)
            answer = raw.recv(1000)
        except (BrokenPipeError, ConnectionResetError):
            pass
    peak = max(peak, Footprint.of(site).memory)
    status = answer[9:12].decode() or "closed"
    return [
        Figure("POST answered with anything but 413 or a close", status not in ("413", "closed"), 0, ""),
        Figure(f"POST of {size / MIB:.0f} MiB without login ({status}): memory", (peak - before) / MIB, 20, "MiB"),
    ]


def cancelled(site: Site, requests: int, together: int = 20) -> list[Figure]:
    """Ask, read the first bytes, hang up; again and again. Afterwards the server holds what it held before."""

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(site))
        writer.write(request(site, SLOW))
        await reader.read(100)
        writer.close()

    async def all_of_them(count: int) -> None:
        async def some(share: int) -> None:
            for _ in range(share):
                await one()

        await asyncio.gather(*(some(count // together) for _ in range(together)))

    asyncio.run(all_of_them(together * 2))
    before = settled(site, None)
    asyncio.run(all_of_them(requests))
    after = settled(site, before)
    name = f"{requests} cancelled requests:"
    return [
        Figure(f"{name} open files more than before", after.files - before.files, 2, ""),
        Figure("  sockets more than before", after.sockets - before.sockets, 0, ""),
        Figure("  threads more than before", after.threads - before.threads, 2, ""),
        Figure("  database connections more than before", after.database_files - before.database_files, 2, ""),
    ]


def settled(site: Site, goal: Footprint | None, seconds: float = 30) -> Footprint:
    """Wait until the server holds no more than `goal`, or two seconds without a change; at most so long."""
    deadline, last, since = time.monotonic() + seconds, Footprint.of(site), time.monotonic()
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now = Footprint.of(site)
        if goal is not None and now.sockets <= goal.sockets:
            return now
        if (now.files, now.threads) != (last.files, last.threads):
            last, since = now, time.monotonic()
        elif goal is None and time.monotonic() - since > 2:
            return now
    return Footprint.of(site)


def at_once(site: Site, streams: int) -> list[Figure]:
    """Open streams at once, and look while all are open."""
    before = Footprint.of(site).memory

    async def hold() -> tuple[int, Footprint]:
        connections = await asyncio.gather(*(open_stream() for _ in range(streams)))
        await asyncio.sleep(2)
        found = Footprint.of(site)
        for _, writer in connections:
            writer.close()
        return sum(first.startswith(b"HTTP/1.1 200") for first, _ in connections), found

    async def open_stream() -> tuple[bytes, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(site))
        writer.write(request(site, SLOW))
        async with asyncio.timeout(120):
            return await reader.readuntil(b"\n\n"), writer

    opened, found = asyncio.run(hold())
    return [
        Figure(f"{streams} streams at once: not answered", streams - opened, 0, ""),
        Figure("  database connections", found.database_files, 20, ""),
        Figure("  threads", found.threads, 60, ""),
        Figure("  memory per stream", (found.memory - before) / streams / 1024, 500, "KiB"),
    ]


def run(directory: Path, *, full: bool) -> Iterator[Figure]:
    """Run everything. Yields the lines of the table as they are known."""
    steps: list[Callable[[Site], list[Figure]]] = [
        lambda site: great_post(site, (200 if full else 50) * MIB),
        lambda site: at_once(site, 300 if full else 60),
        lambda site: cancelled(site, 10_000 if full else 200),
        lambda site: never_reading(site, 50 if full else 10, 60 if full else 5),
    ]
    with serving(directory) as (site, _):
        for step in steps:
            yield from step(site)
            settled(site, None)


def main() -> int:
    """Print the table. Returns 1 if a figure is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--small", action="store_true", help="a minute (the default)")
    size.add_argument("--full", action="store_true", help="the sizes of the promise: some ten minutes")
    full = parser.parse_args().full
    kept = True
    print(f"{'':<64} {'measured':>10} {'at most':>10}")
    with tempfile.TemporaryDirectory() as directory:
        for figure in run(Path(directory) / "data", full=full):
            print(f"{figure.name:<64} {figure.value:10.1f} {figure.limit:10.1f} {figure.unit}", flush=True)
            kept = kept and figure.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
