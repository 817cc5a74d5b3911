"""Clients that never read, and what those beside them notice."""

import asyncio
import json
import socket
import time

from bench.soak.busy import MODEL, port_of, request
from bench.soak.figure import MIB, Figure, Footprint
from tests.harness.site import Site


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
    """Return the value that one in a hundred exceeds; infinite where there is none."""
    return sorted(values)[int(len(values) * 0.99)] if values else float("inf")


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
