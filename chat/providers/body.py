"""Reads the body of a streamed answer, up to the end that counts.

It is read as bytes, because the SDKs' typed streams cost more and pass a cut stream, an error body and some error
events as a regular end.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from itertools import groupby
from time import monotonic
from typing import Final

import httpx2
import msgspec

from chat.errors import ChatError, masked, silence
from chat.events import ReasoningDelta, TextDelta, Upstream, Usage
from chat.providers.decoder import MALFORMED, StreamDecoder
from chat.providers.faults import from_body, refused
from chat.providers.sse import EventDecoder

# How long the usage may come after the finish, and the end of the body after the end mark. Both are normally there at
# once; a body read to its end leaves a connection that the next question can use.
USAGE_LINGER: Final = 5.0
END_LINGER: Final = 0.1
# A body without any event is kept up to this size, to say what it was.
HEAD_BYTES: Final = 64 * 1024


async def batches(
    response: httpx2.Response, decoder: StreamDecoder, idle_timeout: float, first_token_timeout: float | None = None
) -> AsyncGenerator[list[Upstream], None]:
    """Yield what each read of the body adds to the answer, deltas and then usage, up to the body's end.

    Pings and counts are no words: `first_token_timeout` seconds with nothing else before the first word are a
    ChatError, as are `idle_timeout` after it, and a body without events. What else goes wrong with the answer is for
    `decoder.end` to say. Raises the exceptions of the transport.
    """
    is_stream = "event-stream" in response.headers.get("content-type", "")
    events = EventDecoder()
    head = b""
    spoke = monotonic()
    limit, has_begun = first_token_timeout or idle_timeout, False
    async with aclosing(_pieces(response)) as body:
        async for chunk in body:
            if batch := decoder.decode_all(events.feed(chunk)):
                yield merged(batch)
            if decoder.ending or decoder.failure:
                break
            if batch and not isinstance(batch[0], Usage):
                spoke = monotonic()
                if not has_begun:
                    limit, has_begun = idle_timeout, True
                    _wait_no_longer(response, idle_timeout)
            elif monotonic() - spoke > limit:
                raise silence(limit, has_begun=has_begun)
            if decoder.events == 0 and len(head) < HEAD_BYTES:
                head += chunk[: HEAD_BYTES - len(head)]
            elif decoder.events == 0 and not is_stream:
                break
        else:
            yield decoder.decode_all(events.flush())
        if decoder.ending and not decoder.failure:
            async with aclosing(_rest(body, events, decoder)) as rest:
                async for batch in rest:
                    yield batch
    if decoder.events == 0:
        raise not_a_stream(head)


def _wait_no_longer(response: httpx2.Response, seconds: float) -> None:
    """Take so long a silence of the line for its end from now on, where it can be told."""
    if set_patience := response.extensions.get("patience"):
        set_patience(seconds)


def merged(batch: list[Upstream]) -> list[Upstream]:
    """Return a batch with neighbouring text as one delta: under load a read brings many."""
    if len(batch) < 2:
        return batch
    found: list[Upstream] = []
    for kind, events in groupby(batch, type):
        if kind is TextDelta or kind is ReasoningDelta:
            found.append(kind("".join([event.content for event in events])))  # type: ignore[union-attr]
        else:
            found += events
    return found


def _pieces(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """Return what comes of the body; unpacked where a server packs what nobody asked it to."""
    is_packed = "content-encoding" in response.headers
    return response.aiter_bytes() if is_packed else response.stream.__aiter__()  # type: ignore[return-value,union-attr]


async def _rest(
    body: AsyncIterator[bytes], events: EventDecoder, decoder: StreamDecoder
) -> AsyncGenerator[list[Upstream], None]:
    """Yield what follows the finish: usage, end mark, the end of the body. None of it is worth a long wait."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + USAGE_LINGER
    with suppress(TimeoutError):
        while True:
            if decoder.done or decoder.failure:
                deadline = min(deadline, clock() + END_LINGER)
            async with asyncio.timeout_at(deadline):
                chunk = await anext(body, None)
            if chunk is None:
                break
            yield decoder.decode_all(events.feed(chunk))
    yield decoder.decode_all(events.flush())


def not_a_stream(body: bytes) -> ChatError:
    """Return the error for an HTTP 200 whose `body`, or the beginning of it, held no event."""
    text = body.decode("utf-8", "replace").strip()
    if not text or all(line.startswith(":") for line in text.splitlines() if line):
        return ChatError("api_error", "The provider sent an empty answer.")
    if text.startswith("<"):
        return refused("The provider answered with a web page. Check its address; OpenAI's format usually ends in /v1.")
    try:
        answer = msgspec.json.decode(text)
    except MALFORMED:
        return ChatError(
            "api_error", f"The provider answered with something that is no stream: {masked(text, limit=120)}"
        )
    if isinstance(answer, dict) and (answer.get("error") or answer.get("message")):
        return from_body(None, answer)
    return refused("The provider answered with JSON instead of a stream. Can it stream?")
