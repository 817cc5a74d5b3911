"""Reads the site's server-sent events as any client would: by the standard, with no code of the app."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx2

Event = dict[str, Any]


def parse(lines: Iterator[str]) -> Iterator[tuple[int, Event]]:
    """Yield each event's id and JSON; numbers with a point are Decimal."""
    position, data = 0, ""
    for line in lines:
        if line.startswith("id: "):
            position = int(line[4:])
        elif line.startswith("data: "):
            data = line[6:]
        elif not line and data:
            yield position, json.loads(data, parse_float=Decimal)
            data = ""


def events(client: httpx2.Client, path: str = "/api/chat/stream", **body: Any) -> list[Event]:
    """Ask, and return all events of the answer."""
    with client.stream("POST", path, json=body) as response:
        if response.status_code != 200:
            raise AssertionError(response.read().decode())
        return [event for _, event in parse(response.iter_lines())]


def text_of(received: list[Event]) -> str:
    """Return the answer."""
    return "".join(event["content"] for event in received if event["type"] == "token")


def one(received: list[Event], kind: str) -> Event:
    """Return the only event of a kind."""
    found = [event for event in received if event["type"] == kind]
    assert len(found) == 1, received
    return found[0]
