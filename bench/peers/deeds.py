"""What the product is made to do with a peer. Each deed yields what differs from how it should be, in words."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.peers.peer import Account, Whole
from bench.peers.programs import chain
from bench.peers.stage import Said, Stage

STORY = "Tell me the STORY"
FINISHES = {"end_turn": "stop", "max_tokens": "length"}
# More characters, each a token, than any peer here takes.
TOO_LONG = "long " * (chain.CONTEXT // 4) + STORY
# A server that has heard of Stop answers the next question in this time.
FREE_SECONDS = 5.0
BOOKED_SECONDS = 5.0
NOBODY = "nobody-knows"

Differences = Iterator[str]


def stream(stage: Stage) -> Differences:
    """An answer, word by word: what the peer says to the same question when it does not stream."""
    whole = stage.peer.whole(STORY)
    before = settled(stage)
    said = stage.ask(STORY)
    yield from complete(stage, said, whole)
    yield from booked(stage, [said], [whole])
    yield from agreed(stage, [said], before)


def limit(stage: Stage) -> Differences:
    """An answer that ends at a limit."""
    whole = stage.peer.whole("Begin the LOOP", max_tokens=5)
    said = stage.ask("Begin the LOOP", max_tokens=5)
    yield from complete(stage, said, whole)
    yield from booked(stage, [said], [whole])


def thoughts(stage: Stage) -> Differences:
    """Thoughts apart from the answer."""
    said = stage.ask("Now THINK")
    thought, answer = (
        part.strip() for part in "".join(chain.answer("THINK")).removeprefix("<think>").split("</think>")
    )
    if (said.thoughts.strip(), said.text.strip()) != (thought, answer):
        yield f"thoughts {said.thoughts!r}, text {said.text!r}"
    yield from booked(stage, [said], [None])


def stop(stage: Stage) -> Differences:
    """Stop, in the middle of an answer without end."""
    before = settled(stage)
    said = stage.ask("Begin the LOOP", stop_after=5)
    if said.end != "stopped":
        yield f"ended with {said.end}"
    if not said.text or not stage.peer.loop().startswith(said.text):
        yield f"text {said.text[:80]!r}"
    if stage.stored(said) != said.text:
        yield "another text is kept"
    yield from booked(stage, [said], [None])
    yield from agreed(stage, [said], before)
    began = time.monotonic()
    stage.peer.whole(STORY)
    took = time.monotonic() - began
    if (took < FREE_SECONDS) != stage.peer.stops:
        yield f"the next answer came after {took:.1f} s"


def too_long(stage: Stage) -> Differences:
    """A question that does not fit."""
    said = stage.ask(TOO_LONG)
    if stage.peer.refuses_long and said.end != "error context_length":
        yield f"ended with {said.end}: {said.message}"
    if not stage.peer.refuses_long and (said.end, said.text) != ("stop", "".join(chain.answer("STORY"))):
        yield f"ended with {said.end}, text {said.text[:80]!r}"
    yield from booked(stage, [said], [None])


def growing(stage: Stage) -> Differences:
    """A conversation that outgrows the model's window; only for peers that have one."""
    asked: list[Said] = []
    where: dict[str, Any] = {}
    for turn in range(5):
        said = stage.ask("word " * (chain.CONTEXT // 15) + STORY, **where)
        asked.append(said)
        where = {"conversation_id": said.events[0]["conversation_id"]}
        if said.end != "stop":
            yield f"turn {turn + 1} ended with {said.end}: {said.message}"
            break
    yield from booked(stage, asked, [None] * len(asked))


def unknown(stage: Stage) -> Differences:
    """A model that the server does not have."""
    stage.add(NOBODY)
    said = stage.ask(STORY, model=NOBODY)
    if stage.peer.refuses_unknown:
        if said.end != "error api_error" or NOBODY not in said.message:
            yield f"ended with {said.end}: {said.message}"
    elif said.end != "stop":
        yield f"ended with {said.end}: {said.message}"
    yield from booked(stage, [said], [None])


def two(stage: Stage) -> Differences:
    """Two at once. Where the server cuts one, that must not be told as a plain end."""
    whole = stage.peer.whole(STORY)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(stage.ask, "Begin the LOOP", max_tokens=1500)
        time.sleep(0.3)
        second = pool.submit(stage.ask, STORY)
        said, other = first.result(), second.result()
    loop = stage.peer.loop()
    if not said.text or not loop.startswith(said.text):
        yield f"the first says {said.text[:80]!r}"
    if said.end == "stop" and said.text != loop:
        yield "the first was cut and told as complete"
    elif said.end not in ("length", "stop"):
        yield f"(the first ended with {said.end} after {len(said.text)} characters)"
    yield from complete(stage, other, whole)
    yield from booked(stage, [said, other], [None, whole])


def complete(stage: Stage, said: Said, whole: Whole) -> Differences:
    """Yield where an answer is not the peer's own."""
    finish = FINISHES.get(whole.finish or "", whole.finish)
    if said.end != finish:
        yield f"ended with {said.end} {said.message}, the peer with {whole.finish}"
    if said.text != whole.text:
        yield f"text {said.text!r}, the peer's {whole.text!r}"
    if stage.stored(said) != said.text:
        yield f"{stage.stored(said)!r} is kept"


def booked(stage: Stage, answers: list[Said], wholes: list[Whole | None]) -> Differences:
    """Yield where the ledger is not one row for each request, or not the peer's counts. Forgets the requests."""
    rows = stage.rows(*answers)
    asked = len(stage.tap.asked)
    stage.tap.forget()
    if len(rows) != asked:
        yield f"{asked} requests, {len(rows)} rows"
    for said, whole in zip(answers, wholes, strict=True):
        if whole is None:
            continue
        # What was refused has no counts.
        mine = [row for row in stage.rows(said) if not row.error_type]
        counts = [(row.prompt_tokens, row.completion_tokens) for row in mine]
        if not stage.peer.counts_streams and all(row.source == "estimated" for row in mine):
            counted = (whole.prompt_tokens, whole.completion_tokens)
            yield f"(it counts no streams: estimated {counts}, it would be {counted})"
        elif whole.prompt_tokens is None and any(
            row.source != "estimated" or not row.completion_tokens for row in mine
        ):
            yield f"the ledger says {counts} by the provider, which does not count"
        elif whole.prompt_tokens is not None and counts != [(whole.prompt_tokens, whole.completion_tokens)]:
            yield f"the ledger says {counts}, the peer ({whole.prompt_tokens}, {whole.completion_tokens})"


def agreed(stage: Stage, answers: list[Said], before: Account) -> Differences:
    """Yield where what the server itself has booked since is not what the ledger has; in brackets what is estimated."""
    now = settled(stage)
    rows = stage.rows(*answers)
    if now.answers is not None and before.answers is not None and now.answers - before.answers != len(rows):
        yield f"the server booked {now.answers - before.answers} answers, the ledger {len(rows)}"
    if now.completion_tokens is None or before.completion_tokens is None:
        return
    theirs, ours = now.completion_tokens - before.completion_tokens, sum(row.completion_tokens or 0 for row in rows)
    if any(row.source == "estimated" for row in rows):
        yield f"(the server booked {theirs} tokens, the ledger estimates {ours})"
    elif theirs != ours:
        yield f"the server booked {theirs} tokens, the ledger {ours}"


def settled(stage: Stage) -> Account:
    """Return what the server has booked once that changes no more: some write it a moment later."""
    deadline, last = time.monotonic() + BOOKED_SECONDS, stage.peer.account()
    if last == Account():
        return last
    while time.monotonic() < deadline:
        time.sleep(1)
        if (now := stage.peer.account()) == last:
            return now
        last = now
    return last


DEEDS: dict[str, Callable[[Stage], Differences]] = {
    "stream": stream,
    "limit": limit,
    "thoughts": thoughts,
    "stop": stop,
    "too long": too_long,
    "growing": growing,
    "unknown model": unknown,
    "two at once": two,
}
