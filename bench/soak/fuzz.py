"""Feeds broken streams of both formats to what reads them: nothing but the declared errors, at any chunking."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

import httpx2

from bench.soak.figure import Figure
from chat.errors import ChatError
from chat.events import Upstream, Usage
from chat.providers.anthropic.decoder import MessagesDecoder
from chat.providers.decoder import StreamDecoder
from chat.providers.http.body import merged, read_answer
from chat.providers.openai.decoder import CompletionDecoder
from chat.providers.sse import OversizedEventError
from tests.harness.upstream import anthropic, openai
from tests.harness.upstream.script import Script, ToolFragment

FORMATS: Final = ((openai, CompletionDecoder), (anthropic, MessagesDecoder))
# Far more than any input takes; what takes longer hangs.
HANGS_SECONDS: Final = 10.0
CHUNKINGS: Final = 3
ODD_BYTES: Final = (
    *(b"\r", b"\n", b"\r\n", b"\n\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xe2\x82", b"\xc2\x85", b"\xe2\x80\xa8"),
    *(b"data:", b"data: [DONE]\n\n", b": ping\n\n", b"event: error\n", b"retry: 1\n", b"id: \0\n", b"{", b"]", b'"'),
)
ODD_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 7, 1.5, -0.0, 1e308, 10**30, "", "0", "7", "error", "stop", "\ud800", "\0", "ö🦉"),
    *([], {}, [None], [[]], [{}], {"": None}, {"type": "tool_use"}, {"text": 5}, {"error": 1}, {"usage": []}),
)
DEPTHS: Final = (10, 400, 900, 5000)
GIANT_BYTES: Final = 400_000

Outcome = tuple[list[Upstream], Usage | None, object]


def fuzz(seconds: float, seed: int) -> list[Figure]:
    """Try inputs for so long. What breaks is saved and told, with the seed that makes it again."""
    began = monotonic()
    tried = broken = 0
    longest = 0.0
    while monotonic() - began < seconds:
        rng = Random(f"{seed} {tried}")
        wire, decoder = rng.choice(FORMATS)
        body = mutated(rng, stream(rng, wire))
        started = monotonic()
        if trouble := asyncio.run(_trouble(rng, body, decoder)):
            broken += 1
            path = Path(tempfile.gettempdir()) / f"chatsite-fuzz-{seed}-{tried}.bin"
            path.write_bytes(body)
            print(f"fuzz: {decoder.__name__} and {path}: {trouble}")
        longest = max(longest, monotonic() - started)
        tried += 1
    return [
        Figure("broken streams that broke a decoder", broken, 0, f"of {tried}"),
        Figure("longest time for one broken stream", round(longest, 2), HANGS_SECONDS, "s"),
    ]


def stream(rng: Random, wire: Any) -> bytes:
    """Return a regular answer."""
    script = Script(
        text=rng.choice([["Hello", " wörld 🦉"], ["One.\n", "Two.\r\n", "\u2028"], []]),
        reasoning=rng.choice([[], ["Hm, ", "señor."]]),
        tool_calls=rng.choice([[], [ToolFragment(id="a", name="time"), ToolFragment(arguments='{"zone": "ö"}')]]),
        finish_reason=rng.choice(["stop", "length", None]),
        usage=rng.choice(["chunk", "last", "every", "off"]),
        done=rng.random() < 0.8,
    )
    body = {"model": "m", "messages": [{"content": "Why?"}], "stream_options": {"include_usage": True}}
    return b"".join(frame for frame in wire.frames(script, body) if frame)


def mutated(rng: Random, body: bytes) -> bytes:
    """Return `body` with up to six wounds."""
    for _ in range(rng.randrange(7)):
        body = rng.choice(MUTATIONS)(rng, body)
    return body


def _flipped(rng: Random, body: bytes) -> bytes:
    if not body:
        return body
    place = rng.randrange(len(body))
    return body[:place] + bytes([body[place] ^ 1 << rng.randrange(8)]) + body[place + 1 :]


def _cut(rng: Random, body: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(body) + 1) for _ in range(2))
    return rng.choice((body[:end], body[start:], body[:start] + body[end:]))


def _duplicated(rng: Random, body: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(body) + 1) for _ in range(2))
    return body[:end] + body[start:]


def _inserted(rng: Random, body: bytes) -> bytes:
    place = rng.randrange(len(body) + 1)
    odd = rng.choice((*ODD_BYTES, rng.randbytes(rng.randrange(20))))
    return body[:place] + odd + body[place:]


def _line_ends(rng: Random, body: bytes) -> bytes:
    return body.replace(b"\n", rng.choice((b"\r", b"\r\n", b"\n\r")))


def _giant(rng: Random, body: bytes) -> bytes:
    place = rng.randrange(len(body) + 1)
    return (
        body[:place]
        + rng.choice((b"x", b"[", b'{"a":', b"\n", b"data: \n")) * rng.randrange(GIANT_BYTES // 7)
        + body[place:]
    )


def _reordered(rng: Random, body: bytes) -> bytes:
    events = body.split(b"\n\n")
    rng.shuffle(events)
    return b"\n\n".join(events)


def _retyped(rng: Random, body: bytes) -> bytes:
    """Put something else in the place of one field of one event."""
    lines = body.splitlines(keepends=True)
    for place in rng.sample(range(len(lines)), len(lines)):
        try:
            value = json.loads(lines[place].removeprefix(b"data:"))
            if holders := list(_holders(value)):
                holder, key = rng.choice(holders)
                holder[key] = rng.choice((*ODD_VALUES, _nested(rng)))
                lines[place] = b"data: " + json.dumps(value).encode() + b"\n"
                break
        except (ValueError, RecursionError):
            # Another wound made it no JSON, or deeper than json goes.
            continue
    return b"".join(lines)


def _holders(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a JSON value."""
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _holders(inner)


def _nested(rng: Random) -> Any:
    value: Any = 1
    for _ in range(rng.choice(DEPTHS[:2])):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return value


def _deep(rng: Random, body: bytes) -> bytes:
    depth = rng.choice(DEPTHS)
    key = rng.choice((b"usage", b"choices", b"delta", b"error", b"content_block", b"x"))
    kind = rng.choice((b"message_delta", b"content_block_start", b"error"))
    data = b'{"type":"' + kind + b'","' + key + b'":' + b"[" * depth + b"]" * depth + b"}"
    place = body.find(b"\n\n", rng.randrange(len(body) + 1)) + 2
    return body[:place] + b"data: " + data + b"\n\n" + body[place:]


MUTATIONS: Final[tuple[Callable[[Random, bytes], bytes], ...]] = (
    *(_flipped, _flipped, _cut, _duplicated, _inserted, _inserted, _retyped, _retyped, _retyped),
    *(_line_ends, _giant, _reordered, _deep),
)


async def _trouble(rng: Random, body: bytes, decoder: Callable[[], StreamDecoder]) -> str | None:
    """Return what is wrong with the way this body is read; None if nothing is."""
    try:
        async with asyncio.timeout(HANGS_SECONDS):
            whole = await _outcome([body], decoder())
            for _ in range(CHUNKINGS):
                if (found := await _outcome(list(_chunks(rng, body)), decoder())) != whole:
                    return f"another chunking makes {found} of {whole}"
    except TimeoutError:
        return "it hangs"
    except Exception as error:  # noqa: BLE001 - that there is none is what is tested
        return repr(error)
    return None


def _chunks(rng: Random, body: bytes) -> Iterator[bytes]:
    longest = rng.choice((1, 3, 20, 1000)) if len(body) < 4_000 else rng.choice((1000, 70_000))
    while body:
        size = rng.randint(1, longest)
        yield body[:size]
        body = body[size:]


class _Chunks(httpx2.AsyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


async def _outcome(chunks: list[bytes], decoder: StreamDecoder) -> Outcome:
    """Return what was said, the last count, and the end or the error."""
    response = httpx2.Response(200, headers={"Content-Type": "text/event-stream"}, stream=_Chunks(chunks))
    said: list[Upstream] = []
    usage: Usage | None = None
    end: object

    def sink(event: Upstream) -> None:
        nonlocal usage
        if isinstance(event, Usage):
            usage = event
        else:
            said.append(event)

    try:
        await read_answer(response, decoder, sink, idle_timeout=60)
        end = decoder.end()[-1]
    except ChatError as error:
        end = (error.code, error.message)
    except OversizedEventError:
        end = "oversized"
    return merged(said), usage, end
