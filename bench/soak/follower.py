"""One who asks and follows the answer over a plain connection, hangs up now and then, and keeps what it was told."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from bench.soak.busy import port_of
from tests.harness.site import Site

Event = dict[str, Any]
LAST = ("done", "error")


class Follower:
    """Asks one question.

    `faults` says in words what no stream may do: an id that goes back, words after the end. `refusals` counts the
    answers that were no stream, `lines` how often it followed. `begun` is set once it knows what is being generated.
    """

    def __init__(self, question: str, model: str) -> None:
        self.question = question
        self.model = model
        self.start: Event | None = None
        self.begun = asyncio.Event()
        self.text = ""
        self.reasoning = ""
        self.tool_calls: dict[int, Event] = {}
        self.end: Event | None = None
        self.faults: list[str] = []
        self.refusals = 0
        self.lines = 0
        self._position = 0
        self._has_begun = False

    async def follow(self, site: Site, most: int | None = None) -> None:
        """Ask, or go on from the last event that came whole; hang up after `most` bytes (0: at once, None: never).

        Who never heard what is being generated asks again with the same idempotency key, as a browser would.
        """
        self._has_begun, self.end = False, None
        self.lines += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(site))
        try:
            writer.write(self._request(site))
            if most != 0:
                await self._read(reader, most)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def follow_while_it_lasts(self, site: Site) -> None:
        """Follow a server that may go at any time."""
        with suppress(OSError, asyncio.IncompleteReadError):
            await self.follow(site)

    def _request(self, site: Site) -> bytes:
        """Return the request; HTTP 1.0, so that the body is the stream, byte for byte."""
        # Half of those who come back say where they were in a header, the others in the address.
        at = f"Last-Event-ID: {self._position}\r\n" if self._position % 2 else ""
        path, body = "POST /api/chat/stream", b""
        if self.start is None:
            ask = {"message": self.question, "model": self.model, "request_id": self.question}
            body = json.dumps(ask).encode()
        else:
            path = f"GET /api/generations/{self.start['generation_id']}/stream"
            path += "" if at else f"?after={self._position}"
        head = (
            f"{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {site.keys['alice']}\r\n{at}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def _read(self, reader: asyncio.StreamReader, most: int | None) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head[:20]:
            self.refusals += 1
            return
        rest = b""
        while most is None or most > 0:
            data = await reader.read(65_536 if most is None else most)
            if not data:
                break
            most = None if most is None else most - len(data)
            *blocks, rest = (rest + data).split(b"\n\n")
            for block in blocks:
                if block.startswith(b"id: "):
                    place, _, said = block.partition(b"\n")
                    self._hear(int(place[4:]), json.loads(said.removeprefix(b"data: ")))

    def _hear(self, position: int, event: Event) -> None:
        kind = event["type"]
        if not self._has_begun:
            self._has_begun = True
            if kind != "start" or (self.start is not None and event != self.start):
                self.faults.append(f"began with {event}")
            self.start = self.start or event
            self.begun.set()
        elif kind == "start" or self.end is not None:
            self.faults.append(f"{kind} where it may not be")
        if position < self._position:
            self.faults.append(f"{kind}: id {position} after {self._position}")
        self._position = position
        if kind == "token":
            self.text += event["content"]
        elif kind == "reasoning":
            self.reasoning += event["content"]
        elif kind == "tool_call":
            self._hear_tool(event)
        elif kind in LAST:
            self.end = event

    def _hear_tool(self, event: Event) -> None:
        index = event["index"]
        call = self.tool_calls.setdefault(index, {"index": index, "id": "", "name": "", "arguments": ""})
        call["id"] = call["id"] or event["id"]
        call["name"] += event["name"]
        call["arguments"] += event["arguments"]
