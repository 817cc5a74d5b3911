"""Reads the body of a streamed answer, up to the end that counts.

It is read as bytes, because the SDKs' typed streams cost more and pass a cut stream, an error body and some error
events as a regular end.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from itertools import groupby
from time import monotonic
from typing import Final

import httpx2

from chat.errors import ChatError, masked, silence
from chat.events import ReasoningDelta, TextDelta, Upstream
from chat.providers import limits
from chat.providers.base import Sink
from chat.providers.decoder import StreamDecoder
from chat.providers.errors import from_body, refused, reports_failure
from chat.providers.http.decompression import reading
from chat.providers.limits import UNMEASURED_BYTES, Measure
from chat.providers.sse import EventDecoder, OversizedEventError

# How long the usage may come after the finish, and the end of the body after the end mark. Both are normally there at
# once; a body read to its end leaves a connection that the next question can use.
USAGE_LINGER: Final = 5.0
END_LINGER: Final = 0.1
# Where a reason to end comes along with words it may be no end, and silence is one only after this share of the longest
# that is allowed.
UNSETTLED_SHARE: Final = 0.5
# A body without any event is kept up to this size, to say what it was; one of JSON, which may be a whole answer, up to
# that of the largest event.
HEAD_BYTES: Final = 64 * 1024
BLANKS: Final = b"\xef\xbb\xbf \t\r\n"


class SinkError(Exception):
    """What a sink raised, in `reason`: it is none of the provider's failures."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


async def _push(events: Iterable[Upstream], sink: Sink) -> None:
    try:
        for event in events:
            if (pause := sink(event)) is not None:
                await pause
    except Exception as reason:
        raise SinkError(reason) from reason


async def read_answer(
    response: httpx2.Response,
    decoder: StreamDecoder,
    sink: Sink,
    idle_timeout: float,
    first_token_timeout: float | None = None,
) -> None:
    """Push what each read of the body adds to the answer, deltas and then usage, up to the body's end.

    Pings and counts are no words: `first_token_timeout` seconds with nothing else before the first word are a
    ChatError, as are `idle_timeout` after it, and a body without events. What else goes wrong with the answer is for
    `decoder.end` to say, also that it is longer than what is taken. Raises the exceptions of the transport, and
    SinkError.
    """
    events, measure = EventDecoder(), Measure()
    head = Head(is_stream="event-stream" in response.headers.get("content-type", ""))
    spoke = monotonic()
    limit, has_begun, heard = first_token_timeout or idle_timeout, False, 0
    async with reading(response) as read:
        while chunk := await read():
            measure.bytes += len(chunk)
            batch = decoder.decode_all(events.feed(chunk))
            if len(batch) > 1:
                batch = merged(batch)
            if measure.bytes > UNMEASURED_BYTES:
                batch = _within(batch, measure, decoder, events)
            # As `_push` does, but each token passes here.
            try:
                for event in batch:
                    if (pause := sink(event)) is not None:
                        await pause
            except Exception as reason:
                raise SinkError(reason) from reason
            if decoder.ends.may_be_over or decoder.failure:
                break
            if decoder.events == 0 and not head.takes(chunk):
                break
            if decoder.deltas != heard or (decoder.events == 0 and head.is_json):
                spoke, heard = monotonic(), decoder.deltas
                if not has_begun:
                    limit, has_begun = idle_timeout, True
                    _wait_no_longer(response, idle_timeout)
            elif monotonic() - spoke > limit:
                raise silence(limit, has_begun=has_begun)
        else:
            await _push(_within(decoder.decode_all(events.flush()), measure, decoder, events), sink)
        if decoder.ends.may_be_over and not decoder.failure:
            await _read_rest(read, sink, events, decoder, measure, idle_timeout)
    if decoder.events == 0:
        await _push(_within(whole(b"".join(head.parts), decoder), measure, decoder, events), sink)


def _within(batch: list[Upstream], measure: Measure, decoder: StreamDecoder, events: EventDecoder) -> list[Upstream]:
    """Return of a batch what is within the bounds of an answer; where there is more the decoder has failed."""
    found = measure.within(batch, decoder.events + events.comments)
    if measure.excess is not None:
        decoder.failure = measure.excess
    return found


class Head:
    """The beginning of a body that has no events so far; all of it where it looks like JSON."""

    def __init__(self, *, is_stream: bool) -> None:
        self.parts: list[bytes] = []
        self.is_json = False
        self._is_stream = is_stream
        self._is_blank = True
        self._size = 0

    def takes(self, chunk: bytes) -> bool:
        """Keep a piece. Returns False where there is nothing more to wait for."""
        if self._is_blank:
            begin = chunk.lstrip(BLANKS)[:1]
            self._is_blank, self.is_json = not begin, begin in (b"{", b"[")
        if self.is_json or self._size < HEAD_BYTES:
            self.parts.append(chunk)
        self._size += len(chunk)
        if self.is_json:
            if self._size > limits.EVENT_BYTES:
                raise OversizedEventError(f"an answer of more than {limits.EVENT_BYTES} bytes")
            return True
        return self._is_stream or self._size < HEAD_BYTES


def _wait_no_longer(response: httpx2.Response, seconds: float) -> None:
    """Take so long a silence of the connection for its end from now on, where it can be told."""
    if set_timeout := response.extensions.get("set_read_timeout"):
        set_timeout(seconds)


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


async def _read_rest(
    read: Callable[[], Awaitable[bytes]],
    sink: Sink,
    events: EventDecoder,
    decoder: StreamDecoder,
    measure: Measure,
    idle_timeout: float,
) -> None:
    """Push what follows a reason to end: usage, end mark, the end of the body; and words, where it was none yet.

    Each word starts the wait anew, also one that is held back; pings do not. Where a reason came with each word, a
    silence is no end either, but a ChatError.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock()
    has_spoken, heard = True, decoder.deltas
    has_end = False
    with suppress(TimeoutError):
        while True:
            if has_spoken:
                unsettled = idle_timeout if decoder.ends.goes_on else max(idle_timeout * UNSETTLED_SHARE, USAGE_LINGER)
                deadline = clock() + min(USAGE_LINGER if decoder.ends.is_settled else unsettled, idle_timeout)
            elif decoder.ends.is_settled:
                deadline = min(deadline, clock() + USAGE_LINGER)
            if decoder.ends.done or decoder.failure:
                deadline = min(deadline, clock() + END_LINGER)
            async with asyncio.timeout_at(deadline):
                chunk = await read()
            if not chunk:
                has_end = True
                break
            measure.bytes += len(chunk)
            batch = merged(decoder.decode_all(events.feed(chunk)))
            has_spoken, heard = decoder.deltas != heard, decoder.deltas
            if measure.bytes > UNMEASURED_BYTES:
                batch = _within(batch, measure, decoder, events)
            await _push(batch, sink)
    await _push(_within(decoder.decode_all(events.flush()), measure, decoder, events), sink)
    if not has_end and decoder.ends.goes_on and not decoder.ends.is_settled and decoder.failure is None:
        raise silence(idle_timeout, has_begun=True)


def whole(body: bytes, decoder: StreamDecoder) -> list[Upstream]:
    """Return what a body without events says: some servers answer whole, whatever was asked. Raises ChatError."""
    if limits.is_crowded(body):
        raise OversizedEventError(f"an answer of more than {limits.VALUES} values")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise not_a_stream(body) from None
    found = decoder.whole(answer) if isinstance(answer, dict) else []
    if not decoder.ends.done and decoder.failure is None:
        raise not_a_stream(body)
    return found


def not_a_stream(body: bytes) -> ChatError:
    """Return the error for an HTTP 200 whose `body`, or the beginning of it, held no event."""
    text = body.decode("utf-8", "replace").strip()
    if not text or all(line.startswith(":") for line in text.splitlines() if line):
        return ChatError("api_error", "The provider sent an empty answer.", repeat="in_one_piece")
    if text.startswith("<"):
        return refused("The provider answered with a web page. Check its address; OpenAI's format usually ends in /v1.")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return ChatError(
            "api_error", f"The provider answered with something that is no stream: {masked(text, limit=120)}"
        )
    if reports_failure(answer) or (isinstance(answer, dict) and answer.get("message")):
        return from_body(None, answer)
    return refused("The provider answered with JSON instead of a stream. Can it stream?")
