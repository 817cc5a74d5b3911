"""A crowd that asks at once or one after another, and what it saw."""

import asyncio
import re
import resource
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from chat.load.process import cpu_seconds
from chat.load.reader import Reader, Seen

GENERATION: Final = re.compile(rb'"generation_id":"([0-9a-f-]{36})"')
# How long a stream may take beyond what its tokens take.
PATIENCE_SECONDS: Final = 60.0
# A shorter time says nothing of what it costs to go on.
STEADY_SECONDS: Final = 1.0


class Load(msgspec.Struct, kw_only=True):
    """What is asked of a server.

    `streams` questions, `per_second` of them (0: all at once, -1: each when the one before has ended), each answered
    with `tokens` at `pace` per second (0: as fast as they are read). `body` is JSON in which WISH stands for these
    words. `mark` is what the end of a whole stream says. `followers` read the answer that a first question began. `pid`
    is the server's process if its processor's time is to be looked at while all streams are under way.
    """

    url: str
    path: str
    body: str
    headers: dict[str, str] = {}
    mark: str = '"type":"done"'
    streams: int
    per_second: float = 0
    tokens: int
    pace: int
    followers: int = 0
    pid: int = 0

    @property
    def seconds(self) -> float:
        """How long one answer takes at its pace."""
        return self.tokens / self.pace if self.pace else 0.0


class Report(msgspec.Struct, kw_only=True):
    """What a crowd saw. Times in ms: percentiles 50, 95, 99. A stream that broke off is truncated, never a success.

    `tokens` counts those of whole streams, `lost` stamps that a whole stream should have had and had not. `steady` is
    what tokens cost beside the questions: while all streams were under way, in µs; None where nobody looked, or they
    never were for a second.
    """

    streams: int
    tokens: int
    truncated: int
    errors: int
    lost: int
    lag: tuple[float, float, float]
    ttft: tuple[float, float, float]
    seconds: float
    steady: float | None = None

    @property
    def is_clean(self) -> bool:
        """Whether everybody got everything."""
        return not (self.truncated or self.errors or self.lost)


def percentiles(values: Iterable[float]) -> tuple[float, float, float]:
    """Return the 50th, 95th and 99th; zeros for nothing."""
    ordered = sorted(values) or [0.0]
    p50, p95, p99 = (round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) for share in (0.5, 0.95, 0.99))
    return p50, p95, p99


def report(load: Load, seen: list[Seen], seconds: float, steady: float | None = None) -> Report:
    """Sum up what was seen."""
    whole = [each for each in seen if each.is_whole and each.status == 200]
    # Every second token is a stamp, the first one is.
    stamps = (load.tokens + 1) // 2
    return Report(
        streams=len(seen),
        tokens=len(whole) * load.tokens,
        truncated=sum(each.status == 200 and not each.is_whole for each in seen),
        errors=sum(each.status != 200 for each in seen),
        lost=sum(stamps - len(each.lags) for each in whole),
        lag=percentiles(lag / 1000 for each in seen for lag in each.lags),
        ttft=percentiles(each.first * 1000 for each in seen if each.first is not None),
        seconds=round(seconds, 2),
        steady=steady,
    )


class Crowd:
    """Carries out a load."""

    def __init__(self, load: Load) -> None:
        address = urlsplit(load.url)
        self._tls = True if address.scheme == "https" else None
        self._host, self._port = address.hostname or "", address.port or (443 if self._tls else 80)
        self._load = load
        self._loop = asyncio.get_running_loop()

    async def run(self) -> Report:
        """Ask, read all to the end, and sum up."""
        _allow_many_connections()
        load = self._load
        began = self._loop.time()
        readers = await self._follow() if load.followers else []
        for number in range(0 if load.followers else load.streams):
            if load.per_second > 0:
                await asyncio.sleep(began + number / load.per_second - self._loop.time())
            reader = await self._open(self._question())
            readers.append(reader)
            if load.per_second < 0:
                await self._end([reader])
        steady = await self._steady(readers) if load.pid else None
        await self._end(readers)
        return report(load, [reader.seen for reader in readers], self._loop.time() - began, steady)

    async def _steady(self, readers: list[Reader]) -> float | None:
        """Return what a token costs the server, in µs, from the last stream's first token to the end of any."""
        patience = self._load.seconds
        asked = [asyncio.ensure_future(reader.heard.wait()) for reader in readers]
        await asyncio.wait(asked, timeout=patience)
        began, cpu, stamps = self._loop.time(), cpu_seconds(self._load.pid), _stamps(readers)
        await asyncio.wait([r.done for r in readers], timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        # Every second token is a stamp.
        tokens = 2 * (_stamps(readers) - stamps)
        is_known = tokens and self._loop.time() - began > STEADY_SECONDS
        return (cpu_seconds(self._load.pid) - cpu) / tokens * 1e6 if is_known else None

    async def _follow(self) -> list[Reader]:
        first = await self._open(self._question())
        await first.heard.wait()
        found = GENERATION.search(first.head)
        path = f"/api/generations/{found[1].decode()}/stream" if found else "/"
        return [first, *[await self._open(self._request("GET", path)) for _ in range(self._load.followers)]]

    async def _open(self, request: bytes) -> Reader:
        reader = Reader(request, self._load.mark.encode())
        try:
            await self._loop.create_connection(lambda: reader, self._host, self._port, ssl=self._tls)
        except OSError:
            reader.connection_lost(None)
        return reader

    async def _end(self, readers: list[Reader]) -> None:
        await asyncio.wait([reader.done for reader in readers], timeout=self._load.seconds + PATIENCE_SECONDS)

    def _question(self) -> bytes:
        wish = f"{self._load.tokens} tokens at {self._load.pace}/s"
        return self._request("POST", self._load.path, self._load.body.replace("WISH", wish).encode())

    def _request(self, method: str, path: str, body: bytes = b"") -> bytes:
        headers = {"Host": f"{self._host}:{self._port}", **self._load.headers}
        if body:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = (f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", "")
        return "\r\n".join(lines).encode() + body


def _stamps(readers: Iterable[Reader]) -> int:
    return sum(len(reader.seen.lags) for reader in readers)


def _allow_many_connections() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
