"""The running site in front of a peer: asks as a browser does, and looks into the books with no code of the app."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from bench.peers.peer import ASK_SECONDS, Peer
from bench.peers.tap import Tap
from tests.harness.site import Site
from tests.harness.stream import Event, parse

ADD_MODEL = """
provider = Provider.objects.get(name={door!r})
ChatModel.objects.get_or_create(name={name!r}, defaults={{"provider": provider, "upstream_name": {name!r}}})
"""


class Row(msgspec.Struct, frozen=True):
    """A row of the ledger."""

    attempt: int
    prompt_tokens: int | None
    completion_tokens: int | None
    source: str
    finish_reason: str
    error_type: str


@dataclass
class Said:
    """All events of an answer."""

    events: list[Event] = field(default_factory=list)

    def _joined(self, kind: str) -> str:
        return "".join(event["content"] for event in self.events if event["type"] == kind)

    @property
    def text(self) -> str:
        return self._joined("token")

    @property
    def thoughts(self) -> str:
        return self._joined("reasoning")

    @property
    def generation(self) -> str:
        return str(self.events[0]["generation_id"])

    @property
    def end(self) -> str:
        """How it ended, in a word: a finish reason with the provider's word in brackets, or an error's type."""
        last = self.events[-1]
        if last["type"] == "error":
            return f"error {last['error_type']}"
        if last["type"] != "done":
            return "no end"
        detail = last.get("finish_detail")
        return f"{last['finish_reason']}" + (f" ({detail})" if detail else "")

    @property
    def message(self) -> str:
        """The words of the error it ended with, or none."""
        return str(self.events[-1].get("message") or "")


@dataclass
class Stage:
    """A site, a peer behind it, and the line between them."""

    site: Site
    peer: Peer
    tap: Tap

    def add(self, model: str) -> None:
        """Add a model by hand, as an admin would."""
        self.site.shell(ADD_MODEL.format(door=self.peer.door, name=model))

    def ask(self, message: str, *, stop_after: int = 0, **more: Any) -> Said:
        """Ask, and stop after so many events with text; 0: hear it out."""
        said, stopped = Said(), False
        body = {"message": message, "model": self.peer.model, "temperature": 0} | more
        with (
            self.site.client() as client,
            client.stream("POST", "/api/chat/stream", json=body, timeout=ASK_SECONDS) as response,
        ):
            if response.status_code != 200:
                raise AssertionError(response.read().decode())
            for _, event in parse(response.iter_lines()):
                said.events.append(event)
                heard = sum(each["type"] in ("token", "reasoning") for each in said.events)
                if stop_after and not stopped and heard >= stop_after:
                    stopped = True
                    client.post(f"/api/generations/{said.generation}/stop")
        return said

    def rows(self, *answers: Said) -> list[Row]:
        """Return what the ledger has of some answers."""
        columns = ", ".join(Row.__struct_fields__)
        generations = [UUID(said.generation).hex for said in answers]
        marks = ", ".join("?" * len(generations))
        query = f"SELECT {columns} FROM chat_usagerecord WHERE generation_id IN ({marks}) ORDER BY id"  # noqa: S608
        with closing(sqlite3.connect(self.site.data_dir / "db.sqlite3")) as database:
            return [Row(*row) for row in database.execute(query, generations)]

    def stored(self, said: Said) -> str:
        """Return the answer's text as it is kept."""
        with self.site.client() as client:
            messages = client.get(f"/api/conversations/{said.events[0]['conversation_id']}").json()["messages"]
        return next(str(each["content"]) for each in messages if each["id"] == said.events[0]["message_id"])

    def until_listed(self) -> float | None:
        """Wait until the peer's model can be chosen; return how long it took, None if it never could."""
        began = time.monotonic()
        try:
            self.site.until_listed(json.dumps(self.peer.model).strip('"'), seconds=15)
        except AssertionError:
            return None
        return time.monotonic() - began


@contextmanager
def staged(peer: Peer, **settings: str) -> Iterator[Stage]:
    """Run the site in front of a peer that need not run yet; the tap is to be opened when it does."""
    with Tap(peer.port) as tap:
        address = tap.url if peer.door == "anthropic" else f"{tap.url}/v1"
        environment = {f"{peer.door.upper()}_BASE_URL": address, "CHAT_TOTAL_TIMEOUT": str(ASK_SECONDS), **settings}
        if peer.key:
            environment[f"{peer.door.upper()}_API_KEY"] = peer.key
        data = peer.directory / f"data-{tap.port}"
        site = Site(data, environment)
        try:
            with site:
                yield Stage(site, peer, tap)
        finally:
            # Whoever is interrupted while it starts has no site to leave.
            process = vars(site).get("process")
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
