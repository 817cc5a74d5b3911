"""An ASGI application that behaves badly on purpose.

Each path is a way to misbehave; `/seen` tells what the application noticed.
"""

import asyncio
import json
import os
import socket
import sys
import threading
from collections import Counter
from contextlib import suppress
from typing import Any

seen: Counter[str] = Counter()
# Set once all is stored, at the end.
stored = asyncio.Event()
PIECE = b"x" * 65_536


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Do what the path says."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    name = scope["path"].strip("/").replace("-", "_") or "hello"
    seen[name] += 1
    await globals()[f"do_{name}"](scope, receive, send)


async def live(receive: Any, send: Any) -> None:
    """Take as long to stop as ON_STOP says: seconds, "raise" to fail, or "block" for a thread that hangs."""
    how = os.environ.get("ON_STOP", "0")
    await receive()
    if how == "no start":
        await send({"type": "lifespan.startup.failed", "message": "There is no start."})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    if how == "raise":
        raise RuntimeError("storing failed")
    if how == "block":
        await asyncio.to_thread(threading.Event().wait)
    await asyncio.sleep(float(how))
    stored.set()
    sys.stdout.write(f"stored, {seen['flood_cancelled']} cancelled before\n")
    sys.stdout.flush()
    await send({"type": "lifespan.shutdown.complete"})


async def start(send: Any, *headers: tuple[bytes, bytes], status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})


async def answer(send: Any, body: bytes) -> None:
    await start(send, (b"Content-Length", b"%d" % len(body)))
    await send({"type": "http.response.body", "body": body})


async def read(receive: Any) -> bytes:
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def do_hello(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, b"hello")


async def do_seen(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, json.dumps({**seen, "threads": threading.active_count()}).encode())


async def do_length(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, b"%d" % len(await read(receive)))


async def do_flood(scope: Any, receive: Any, send: Any) -> None:
    """Write without end, as fast as it may."""
    await start(send)
    try:
        while True:
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            seen["pieces"] += 1
            await asyncio.sleep(0)
    finally:
        seen["flood_cancelled"] += 1


async def do_megabytes(scope: Any, receive: Any, send: Any) -> None:
    """8 MiB, and the end."""
    await start(send)
    for _ in range(128):
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})
    await send({"type": "http.response.body"})


async def do_numbers(scope: Any, receive: Any, send: Any) -> None:
    """20,000 numbers of a thousand digits, one after the other."""
    await start(send)
    for number in range(20_000):
        await send({"type": "http.response.body", "body": b"%01000d" % number, "more_body": True})
    await send({"type": "http.response.body"})


async def do_pieces(scope: Any, receive: Any, send: Any) -> None:
    """Two pieces whose length is told beforehand."""
    await start(send, (b"Content-Length", b"%d" % (2 * len(PIECE))))
    await send({"type": "http.response.body", "body": PIECE, "more_body": True})
    await send({"type": "http.response.body", "body": PIECE})


async def do_wait(scope: Any, receive: Any, send: Any) -> None:
    """Begin an answer and wait for the client to go."""
    await start(send)
    await send({"type": "http.response.body", "body": b"waiting\n", "more_body": True})
    await read(receive)
    while (await receive())["type"] != "http.disconnect":
        pass
    seen["gone"] += 1


async def do_raise(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("before the headers")


async def do_raise_late(scope: Any, receive: Any, send: Any) -> None:
    await start(send)
    await send({"type": "http.response.body", "body": b"so far", "more_body": True})
    raise RuntimeError("after the headers")


class OddError(Exception):
    """Not even looking at it goes well."""

    def __bool__(self) -> bool:
        raise RuntimeError("looked at")


async def do_raise_odd(scope: Any, receive: Any, send: Any) -> None:
    raise OddError


async def do_silent(scope: Any, receive: Any, send: Any) -> None:
    """Return without an answer."""


async def do_cancelled(scope: Any, receive: Any, send: Any) -> None:
    """Wait for a task that somebody else cancels, after the headers."""
    await start(send)
    await send({"type": "http.response.body", "body": b"so far", "more_body": True})
    task = asyncio.ensure_future(asyncio.sleep(60))
    asyncio.get_running_loop().call_soon(task.cancel)
    await task


async def do_last_words(scope: Any, receive: Any, send: Any) -> None:
    """Say something when all is stored, a moment later: more than the system takes at once."""
    await start(send)
    await send({"type": "http.response.body", "body": b"waiting", "more_body": True})
    await stored.wait()
    await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": PIECE * 16 + b" last words"})


async def do_raise_last(scope: Any, receive: Any, send: Any) -> None:
    """Fail when all is stored."""
    await start(send)
    await send({"type": "http.response.body", "body": b"waiting", "more_body": True})
    await stored.wait()
    raise RuntimeError("at the end")


async def do_endless(scope: Any, receive: Any, send: Any) -> None:
    """Go on until somebody cancels it, and print that somebody did."""
    await start(send)
    await send({"type": "http.response.body", "body": b"endless", "more_body": True})
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        sys.stdout.write("cancelled\n")
        sys.stdout.flush()
        raise


async def do_deaf(scope: Any, receive: Any, send: Any) -> None:
    """Ignore every cancellation."""
    await start(send)
    await send({"type": "http.response.body", "body": b"deaf", "more_body": True})
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


async def do_text_header(scope: Any, receive: Any, send: Any) -> None:
    """Begin with a header that is no bytes."""
    await send({"type": "http.response.start", "status": 200, "headers": [("X-Said", "words")]})


async def do_injection(scope: Any, receive: Any, send: Any) -> None:
    await start(send, (b"X-Said", b"one\r\nX-Injected: two"), (b"Content-Length", b"0"))
    await send({"type": "http.response.body"})


async def do_blocking(scope: Any, receive: Any, send: Any) -> None:
    """Write a piece, and stop the whole loop until the port in the query tells that it has arrived."""
    await start(send)
    # Goes out with the headers, when the loop turns.
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": b"piece", "more_body": True})
    address = ("127.0.0.1", int(scope["query_string"]))
    with socket.create_connection(address, timeout=10) as told, suppress(TimeoutError):
        if told.recv(1):
            await send({"type": "http.response.body", "body": b"arrived", "more_body": True})
    await send({"type": "http.response.body"})


async def do_stall(scope: Any, receive: Any, send: Any) -> None:
    """Stop the whole loop at once, until the port in the query says something."""
    address = ("127.0.0.1", int(scope["query_string"]))
    with socket.create_connection(address, timeout=20) as told:
        told.recv(1)
    await answer(send, b"stalled")


async def do_callback(scope: Any, receive: Any, send: Any) -> None:
    """Fail in a callback of the reactor, of which no request knows."""
    # Late: other servers have no reactor.
    from twisted.internet import reactor

    def fail() -> None:
        seen["callback_failed"] += 1
        raise RuntimeError("in a callback")

    later: Any = reactor
    later.callLater(0, fail)
    await answer(send, b"called")


async def do_timers(scope: Any, receive: Any, send: Any) -> None:
    """Tell what the reactor will call later."""
    from twisted.internet import reactor

    later: Any = reactor
    await answer(send, json.dumps([call.func.__qualname__ for call in later.getDelayedCalls()]).encode())


async def do_root(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, json.dumps([scope["type"], scope["root_path"]]).encode())
