"""The scripted upstream: who asked for what, and what the scripts say to it."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import msgspec

from tests.harness.upstream import anthropic, openai
from tests.harness.upstream.bill import BILLS, Bill
from tests.harness.upstream.cache import Cache
from tests.harness.upstream.connection import Connection, Request
from tests.harness.upstream.record import Ended, Record
from tests.harness.upstream.refusing import is_silent, refusal
from tests.harness.upstream.script import Script

JSON = {"Content-Type": "application/json"}
EVENTS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
MODELS = ("gpt-4o", "gpt-4o-mini", "o3-mini", "tiny-local")


class Format(Protocol):
    """What a module for a provider's wire format has."""

    PING: bytes
    MALFORMED: bytes

    def frames(self, script: Script, body: dict[str, Any]) -> Iterator[bytes | None]: ...
    def whole(self, script: Script, body: dict[str, Any]) -> dict[str, Any]: ...
    def model_list(self, names: Iterable[str]) -> dict[str, Any]: ...
    def error(self, script: Script) -> dict[str, Any]: ...
    def error_data(self, script: Script) -> bytes: ...
    def error_event(self, script: Script) -> bytes: ...


def format_of(request: Request) -> Format:
    """Both formats list their models at one path; only Anthropic's clients say a version."""
    is_anthropic = request.path == "/v1/messages" or "anthropic-version" in request.headers
    return anthropic if is_anthropic else openai


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /control/script`: the n-th matching request gets the n-th script, the last one is for all after.

    Matches a `model` (or a path, such as "/v1/models"), or any user message that contains `prompt`; the newest
    message wins, and a prompt wins over a model.
    """

    scripts: list[Script]
    model: str | None = None
    prompt: str | None = None


class Release(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /control/release`: every hanging answer to a user message that contains `prompt` goes on."""

    prompt: str


class Server:
    def __init__(self, models: Iterable[str] = MODELS) -> None:
        self._models = tuple(models)
        self._by_model: dict[str, list[Script]] = {}
        self._by_prompt: dict[str, list[Script]] = {}
        self._hanging: list[tuple[Request, asyncio.Event]] = []
        self._cache = Cache()
        self._bills: dict[str, Bill] = {}
        self._log: deque[Record] = deque(maxlen=20_000)

    async def start(self, host: str, port: int) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Connection(self._handle), host, port, backlog=2048)

    async def _handle(self, connection: Connection, request: Request) -> None:
        match (request.method, request.path):
            case ("POST", "/control/script"):
                self._obey(msgspec.json.decode(request.raw_body, type=Order))
                await connection.answer(204, b"", {})
            case ("POST", "/control/release"):
                self._release(msgspec.json.decode(request.raw_body, type=Release))
                await connection.answer(204, b"", {})
            case ("GET", "/control/log"):
                model = request.query.get("model", [None])[0]
                found = [record for record in self._log if model in (None, record.model)]
                await connection.answer(200, msgspec.json.encode(found), JSON)
            case ("POST", "/control/bill"):
                order = msgspec.json.decode(request.raw_body, type=Bill)
                self._bills[order.key] = order
                await connection.answer(204, b"", {})
            case ("GET", path) if path in BILLS:
                async with self._recorded(connection, request) as record:
                    key, page = BILLS[path]
                    status, answer, headers = page(self._bills.get(key(request)), request.query)
                    await connection.answer(status, answer, JSON | headers)
                    record.ended = "complete"
            case ("GET", "/v1/models"):
                async with self._recorded(connection, request) as record:
                    record.ended = await self._list_models(connection, request, self._script_for(request))
            case ("POST", "/v1/chat/completions" | "/v1/messages"):
                async with self._recorded(connection, request) as record:
                    record.ended = await self._complete(connection, request, self._script_for(request), record)
            case _:
                async with self._recorded(connection, request) as record:
                    await connection.answer(404, b'{"error": {"message": "No such path."}}', JSON)
                    record.ended = "complete"

    def _obey(self, order: Order) -> None:
        if order.prompt is not None:
            self._by_prompt[order.prompt] = order.scripts
        else:
            self._by_model[order.model or ""] = order.scripts

    def _release(self, order: Release) -> None:
        for request, released in self._hanging:
            if any(order.prompt in words for words in _asked(request)):
                released.set()

    def _script_for(self, request: Request) -> Script:
        asked = reversed(_asked(request))
        scripts = next(
            (scripts for words in asked for prompt, scripts in self._by_prompt.items() if prompt in words),
            self._by_model.get(request.json.get("model") or request.path),
        )
        if not scripts:
            return Script()
        script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        if script.cache_seconds is None:
            return script
        read, written, hour = self._cache.passed(request.json, time.monotonic(), script.cache_seconds)
        return msgspec.structs.replace(script, cached_tokens=read, written_tokens=written, hour_tokens=hour)

    @asynccontextmanager
    async def _recorded(self, connection: Connection, request: Request) -> AsyncIterator[Record]:
        body = request.json
        record = Record(
            method=request.method,
            path=request.path,
            model=str(body.get("model") or ""),
            headers=request.headers,
            body=body,
            at=time.monotonic(),
            connection=connection.number,
        )
        self._log.append(record)
        before = connection.bytes_sent
        try:
            yield record
        except asyncio.CancelledError:
            record.ended = "client_closed"
            raise
        finally:
            record.bytes_sent = connection.bytes_sent - before
            record.ended_at = time.monotonic()

    async def _list_models(self, connection: Connection, request: Request, script: Script) -> Ended:
        await asyncio.sleep(script.delay_headers)
        scripted = (name for name in self._by_model if not name.startswith("/"))
        listing = format_of(request).model_list(dict.fromkeys((*self._models, *scripted)))
        if script.status == 200:
            body = script.body.encode() if script.body is not None else msgspec.json.encode(listing)
            await connection.answer(200, body, JSON | script.headers)
        else:
            await self._refuse(connection, request, script)
        return "complete"

    async def _complete(self, connection: Connection, request: Request, script: Script, record: Record) -> Ended:
        await asyncio.sleep(script.delay_headers)
        if script.before_headers and (ended := await self._misbehave(connection, request, script)):
            return ended
        if script.status != 200 or script.body is not None:
            await self._refuse(connection, request, script)
            return "complete"
        if refused := refusal(script, request.json):
            await connection.answer(*refused, JSON)
            return "complete"
        # What goes wrong goes wrong however it was asked.
        if not request.json.get("stream") and script.raw is None and script.then is None:
            await asyncio.sleep(script.delay_first)
            answer = format_of(request).whole(script, request.json)
            await connection.answer(200, msgspec.json.encode(answer), JSON | script.headers)
            return "complete"
        if is_silent(script, request.json):
            await connection.answer(200, b"", EVENTS)
            return "complete"
        connection.begin(200, EVENTS | script.headers)
        return await self._stream(connection, request, script, record)

    async def _stream(self, connection: Connection, request: Request, script: Script, record: Record) -> Ended:
        if script.raw is not None:
            frames = iter([frame for data in script.raw if data for frame in (None, data)])
        else:
            frames = format_of(request).frames(script, request.json)
        fault_due = script.then is not None and not script.before_headers
        sent = record.bytes_sent
        due = time.monotonic()
        piece = False
        while True:
            if fault_due and record.pieces >= script.after:
                fault_due = False
                if ended := await self._misbehave(connection, request, script):
                    return ended
            frame = next(frames, b"")
            if frame == b"":
                break
            if frame is None:
                # Delays are from piece to piece, whatever the sending took.
                due = max(due, time.monotonic() - 0.1) + (script.delay if record.pieces else script.delay_first)
                await asyncio.sleep(due - time.monotonic())
                piece = True
                continue
            await connection.send(frame)
            record.told += _told(frame)
            record.pieces += piece
            sent += len(frame)
            record.bytes_sent = sent
            piece = False
        await connection.end()
        return "complete"

    async def _refuse(self, connection: Connection, request: Request, script: Script) -> None:
        error = format_of(request).error(script)
        body = script.body.encode() if script.body is not None else msgspec.json.encode(error)
        kind = {"Content-Type": "text/html"} if body.startswith(b"<") else JSON
        await connection.answer(script.status, body, kind | script.headers)

    async def _misbehave(self, connection: Connection, request: Request, script: Script) -> Ended | None:
        """Do what `then` says; None when the answer goes on afterwards."""
        wire = format_of(request)
        match script.then:
            case "hang":
                await self._hang(connection, request, script)
                return None
            case "malformed":
                await connection.send(wire.MALFORMED)
                return None
            case "close":
                connection.close()
                return "closed"
            case "reset":
                connection.reset()
                return "reset"
            case "error":
                await connection.send(wire.error_data(script))
            case "error_event":
                await connection.send(wire.error_event(script))
        await connection.end()
        return "complete"

    async def _hang(self, connection: Connection, request: Request, script: Script) -> None:
        """Say nothing but pings until the time is up or the test says to go on."""
        released = asyncio.Event()
        waiting = (request, released)
        self._hanging.append(waiting)
        try:
            async with asyncio.timeout(script.hang_seconds):
                while not await _within(script.ping_every, released):
                    await connection.send(format_of(request).PING)
        except TimeoutError:
            pass
        finally:
            self._hanging.remove(waiting)


def _asked(request: Request) -> list[str]:
    """Return the user's messages, oldest first."""
    return [str(turn.get("content")) for turn in request.json.get("messages") or () if turn.get("role") == "user"]


def _told(frame: bytes) -> list[dict[str, Any]]:
    """Return the usage objects in a frame, in either format, and what else it says is charged by."""
    if b'"usage"' not in frame and b'"service_tier"' not in frame:
        return []
    found: list[dict[str, Any]] = []
    for line in frame.splitlines():
        # What a script sends as it is need be no JSON.
        with suppress(msgspec.DecodeError):
            value = msgspec.json.decode(line.removeprefix(b"data: "), type=dict[str, Any])
            inner = (value.get("message"), value.get("x_groq"), *(value.get("choices") or ()))
            found += [usage for each in (value, *inner) if each and (usage := each.get("usage"))]
            found += [{"service_tier": value["service_tier"]}] if "service_tier" in value else []
    return found


async def _within(seconds: float | None, event: asyncio.Event) -> bool:
    """Whether an event happens within so long; None waits for it."""
    try:
        async with asyncio.timeout(seconds) as own:
            return await event.wait()
    except TimeoutError:
        if not own.expired():
            raise
        return False
