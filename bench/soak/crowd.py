"""Many requests: a body too large, streams at once, clients that hang up."""

import asyncio
import socket

from bench.soak.busy import SLOW, port_of, request, settled
from bench.soak.figure import MIB, Figure, Footprint
from tests.harness.site import Site


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
