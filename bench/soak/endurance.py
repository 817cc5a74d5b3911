"""Many streams for a long time, half of them through nginx: none is cut, words are not late, memory does not grow."""

import asyncio
import json
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import mean, quantiles

from bench.soak.busy import port_of, request
from bench.soak.figure import Figure
from bench.soak.fleet import MODEL, Fleet
from tests.harness.site import Site

WORDS_PER_SECOND = 20
WORDS = 600
# What came while the last ones arrived is not what the promise is about.
SETTLING_SHARE = 0.2
LOOK_SECONDS = 1.0


@dataclass(slots=True)
class Heard:
    """What the streams of one way in brought: how late each word was (seconds), and how streams ended."""

    # Millions of them: as objects they would be looked through by the garbage collector again and again.
    lags: "array[float]" = field(default_factory=lambda: array("d"))
    whole: int = 0
    cut: int = 0
    errors: int = 0

    def quantile(self, percent: int) -> float:
        """Return how late at most so many percent of the words were, in milliseconds."""
        return quantiles(self.lags, n=100)[percent - 1] * 1000 if len(self.lags) > 1 else 0.0


async def _stream(site: Site, heard: Heard) -> None:
    last = ""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(site), limit=2**20)
        writer.write(request(site, MODEL, "endurance"))
        try:
            while line := await reader.readline():
                if not line.startswith(b"data: "):
                    continue
                now = time.monotonic()
                event = json.loads(line[6:])
                last = event["type"]
                if last == "token":
                    heard.lags.extend(now - float(word) for word in event["content"].split())
                elif last in ("done", "error"):
                    break
        finally:
            writer.close()
    except OSError:
        pass
    heard.whole += last == "done"
    heard.errors += last == "error"
    heard.cut += last not in ("done", "error")


async def _reader(site: Site, heard: Heard, begin: float, end: float) -> None:
    await asyncio.sleep(begin)
    while time.monotonic() < end:
        await _stream(site, heard)


async def _run(fleet: Fleet, streams: int, arrival: float, seconds: float) -> tuple[dict[str, Heard], list[float]]:
    heard = {"direct": Heard(), "nginx": Heard()}
    doors = {"direct": fleet.site, "nginx": fleet.through}
    end = time.monotonic() + seconds
    readers = [
        asyncio.create_task(_reader(doors[way], heard[way], number / streams * arrival, end))
        for number in range(streams)
        for way in [("direct", "nginx")[number % 2]]
    ]
    memory = []
    while time.monotonic() < end:
        await asyncio.sleep(LOOK_SECONDS)
        memory.append(fleet.memory())
    await asyncio.gather(*readers)
    return heard, memory


def endurance(fleet: Fleet, streams: int, seconds: float) -> Iterator[Figure]:
    """Keep so many streams open for so long; each asks again when its answer is over."""
    words = min(WORDS, int(WORDS_PER_SECOND * seconds / 2))
    fleet.upstream.script(MODEL, stamps=True, tokens=words, delay=1 / WORDS_PER_SECOND)
    # They begin one after another, as people do, within the time of one answer; crowds at once are measured elsewhere.
    heard, memory = asyncio.run(_run(fleet, streams, words / WORDS_PER_SECOND, seconds))
    steady = memory[int(len(memory) * SETTLING_SHARE) :]
    fifth = max(1, len(steady) // 5)
    growth = mean(steady[-fifth:]) - mean(steady[:fifth]) if steady else 0.0
    whole, cut, errors = (sum(getattr(each, name) for each in heard.values()) for name in ("whole", "cut", "errors"))
    said = f"{streams} streams × {WORDS_PER_SECOND}/s for {seconds:g} s, two workers, {whole} answers:"
    yield Figure(f"{said} cut", cut, 0)
    yield Figure("  errors", errors, 0)
    for way, each in heard.items():
        yield Figure(f"  lag of {len(each.lags)} words, {way}, 99 %", each.quantile(99), 250, "ms")
    yield Figure(
        "  lag through nginx more than direct, 95 %",
        heard["nginx"].quantile(95) - heard["direct"].quantile(95),
        20,
        "ms",
    )
    yield Figure("  memory of the workers, last fifth less first", growth, 5, "MiB")
