"""A provider for load: OpenAI's chat completions, as cheap as they can be had, each second token a time stamp.

`python -m chat.load.upstream --port 9100` prints its base URL. What a question gets, its text says:
"400 tokens at 40/s"; at 0/s all at once, as fast as they are read.

A stamp is 15 digits, CLOCK_MONOTONIC in microseconds. Numbers are never held back, words are until the next token,
to be whole: so the stamps tell what the way took, and the words make the work that real text makes.
"""

import argparse
import asyncio
import re
import time
from itertools import cycle
from typing import Final

WISH: Final = re.compile(rb"(\d+) tokens at (\d+)/s")
LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
TICKS_PER_SECOND: Final = 1000
# At once when nobody keeps us from it; few enough that their one stamp stays true.
BATCH: Final = 16
WORDS: Final = ("of", "the", "stream", "that", "goes", "on", "and", "says", "nothing", "new")
MODELS: Final = b'{"object":"list","data":[{"id":"load","object":"model"}]}'
HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n%b\r\n\r\n"


def framed(content: bytes, finish: bytes = b"null", usage: bytes = b"null") -> bytes:
    """Return a chunk of the completion as a chunk of HTTP."""
    choice = b'{"index":0,"delta":{"content":"%b"},"logprobs":null,"finish_reason":%b}' % (content, finish)
    event = (
        b'data: {"id":"chatcmpl-load","object":"chat.completion.chunk","created":1760000000,"model":"load",'
        b'"choices":[%b],"usage":%b}\n\n' % (choice, usage)
    )
    return b"%x\r\n%b\r\n" % (len(event), event)


BEFORE_STAMP, AFTER_STAMP = framed(b" " + b"#" * 15).split(b"#" * 15)
SPOKEN: Final = [framed(b" " + word.encode()) for word in WORDS]


def end(tokens: int) -> bytes:
    """Return what follows the last token."""
    usage = b'{"prompt_tokens":10,"completion_tokens":%d,"total_tokens":%d}' % (tokens, tokens + 10)
    return framed(b"", b'"stop"', usage) + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


def stamp() -> bytes:
    """Return the chunk that says what time it is."""
    return BEFORE_STAMP + b"%015d" % (time.monotonic_ns() // 1000) + AFTER_STAMP


class Wheel:
    """All streams that have a pace, by the millisecond of their next token: one timer for them all."""

    def __init__(self) -> None:
        self._slots: list[list[Connection]] = [[] for _ in range(TICKS_PER_SECOND * 10)]
        self._loop = asyncio.get_running_loop()
        self._tick = self._now()
        self._turn()

    def _now(self) -> int:
        return int(self._loop.time() * TICKS_PER_SECOND)

    def join(self, connection: "Connection", ticks: int) -> None:
        """Call `speak` of a connection in so many ticks."""
        self._slots[(self._tick + ticks) % len(self._slots)].append(connection)

    def _turn(self) -> None:
        now = self._now()
        while self._tick < now:
            self._tick += 1
            place = self._tick % len(self._slots)
            if due := self._slots[place]:
                self._slots[place] = []
                stamped = stamp()
                for connection in due:
                    connection.speak(stamped)
        self._loop.call_at((self._tick + 1) / TICKS_PER_SECOND, self._turn)


class Connection(asyncio.Protocol):
    """One connection, request after request."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._received = b""
        self._words = cycle(SPOKEN)
        self._is_gone = self._is_full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is one
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_gone = True

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not separator or len(body) < int(length[1] if length else 0):
            return
        self._received = b""
        if head.startswith(b"GET"):
            self._transport.write(HEAD % (b"application/json", b"Content-Length: %d" % len(MODELS)) + MODELS)
            return
        wishes = WISH.findall(body)
        self._tokens, pace = map(int, wishes[-1]) if wishes else (100, 40)
        self._spoken = 0
        self._ticks = TICKS_PER_SECOND // pace if pace else 0
        self._transport.write(HEAD % (b"text/event-stream", b"Transfer-Encoding: chunked"))
        if pace:
            self.speak(stamp())
        else:
            self._pour()

    def speak(self, stamped: bytes) -> None:
        """Say the next token, a stamp or a word."""
        if self._is_gone:
            return
        self._transport.write(next(self._words) if self._spoken % 2 else stamped)
        self._spoken += 1
        if self._spoken < self._tokens:
            self._wheel.join(self, self._ticks)
        else:
            self._transport.write(end(self._tokens))

    def _pour(self) -> None:
        while self._spoken < self._tokens and not self._is_full and not self._is_gone:
            count = min(BATCH, self._tokens - self._spoken)
            stamped = stamp()
            self._transport.write(b"".join(next(self._words) if n % 2 else stamped for n in range(count)))
            self._spoken += count
            if self._spoken == self._tokens:
                self._transport.write(end(self._tokens))

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        if not self._ticks:
            self._pour()


async def serve(host: str, port: int) -> None:
    """Serve until cancelled; prints the base URL."""
    wheel = Wheel()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(wheel), host, port, backlog=1024)
    address = server.sockets[0].getsockname()
    print(f"http://{address[0]}:{address[1]}/v1", flush=True)  # noqa: T201 - its only output
    async with server:
        await server.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.host, arguments.port))


if __name__ == "__main__":
    main()
