"""`python -m bench.peers [NAME ...]`: the product in front of real servers, one after the other, and what differs.

Each is installed into an environment of its own, which is kept in the system's temporary folder for the next run (the
two that compile llama.cpp take half an hour each the first time). Everything listens on the loopback only and is ended
afterwards, also on Ctrl-C. Not part of CI.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from bench.peers.deeds import DEEDS, STORY, booked, complete, growing
from bench.peers.environment import environment
from bench.peers.peer import Peer
from bench.peers.servers import PEERS
from bench.peers.stage import Said, Stage, staged

# Refused connections are tried again for as long as the slowest peer takes to start.
PATIENCE = {"CHAT_MAX_RETRIES": "10"}


@dataclass(frozen=True)
class Line:
    """A line of the table. What is in brackets is worth knowing, and no difference."""

    peer: str
    deed: str
    words: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return any(not each.startswith("(") for each in self.words)


def judged(peer: Peer) -> Iterator[Line]:
    """Do everything with a peer that is prepared."""
    with staged(peer, **PATIENCE) as stage:
        yield Line(peer.name, "not ready yet", tuple(early(stage)))
    with staged(peer) as stage, peer.running():
        peer.until(peer.is_ready)
        stage.tap.open()
        yield Line(peer.name, "listed", tuple(listed(stage)))
        stage.tap.forget()
        for name, deed in DEEDS.items():
            if deed is growing and peer.window is None:
                continue
            try:
                words = tuple(deed(stage))
            except AssertionError as error:
                words = (str(error),)
                stage.tap.forget()
            yield Line(peer.name, name, words)


def early(stage: Stage) -> Iterator[str]:
    """Ask while the peer starts: one question, one answer, one row."""
    peer = stage.peer
    stage.add(peer.model)
    peer.starts_slowly = True
    answers: list[Said] = []
    asking = threading.Thread(target=lambda: answers.append(stage.ask(STORY)))
    asking.start()
    with peer.running():
        # The tap refuses as long as the peer does.
        peer.until(peer.listens)
        stage.tap.open()
        asking.join()
        peer.until(peer.is_ready)
        for said in answers:
            whole = peer.whole(STORY)
            news = {event["message"] for event in said.events if event["type"] == "status"}
            yield f"(it said: {' / '.join(sorted(news)) or 'nothing'})"
            yield from complete(stage, said, whole)
            yield from booked(stage, [said], [whole])
    peer.starts_slowly = False


def listed(stage: Stage) -> Iterator[str]:
    """Look for the peer's model in the product's list, which comes from the peer's."""
    took = stage.until_listed()
    if not stage.peer.lists_models:
        yield "(it has no list of models; added by hand)"
        stage.add(stage.peer.model)
    elif took is None:
        yield "its model never came"
        stage.add(stage.peer.model)


def run(made: type[Peer]) -> Iterator[Line]:
    """Install a peer, prepare it, do everything with it."""
    with tempfile.TemporaryDirectory(prefix="chatsite-peer-") as directory, ExitStack() as stack:
        peer = made(environment(made.name.removesuffix("-anthropic"), made.packages), Path(directory))
        peer.prepare(stack)
        yield from judged(peer)


def ended(number: int, frame: object) -> NoReturn:
    """Leave as on Ctrl-C, so that every process is ended."""
    raise KeyboardInterrupt


def main() -> int:
    """Print the table. Returns 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*PEERS, []], metavar="name", help=f"of {', '.join(PEERS)}; all")
    chosen = parser.parse_args().name or list(PEERS)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)
    differs = False
    try:
        for name in chosen:
            began = time.monotonic()
            print(f"{name}: {' '.join(PEERS[name].packages)}", flush=True)
            for line in tolerant(PEERS[name]):
                differs = differs or line.differs
                verdict = "differs" if line.differs else "ok"
                print(f"  {line.deed:<14} {verdict:<8} {'; '.join(line.words)}".rstrip(), flush=True)
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return int(differs)


def tolerant(made: type[Peer]) -> Iterator[Line]:
    """`run`, where one that cannot be run at all leaves the others their turn."""
    try:
        yield from run(made)
    except (AssertionError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        yield Line(made.name, "could not run", (f"{type(error).__name__}: {error}",))


if __name__ == "__main__":
    sys.exit(main())
