"""What the browser believes of the events and messages that it is sent, compared with what the server sends."""

import re
from dataclasses import fields
from typing import Any, Final

import msgspec
import pytest

from chat import events
from chat.views.thread import ThreadMessage
from tests.harness.site import ROOT

WRITTEN: Final = (ROOT / "static/chat/state/events.js").read_text() + (ROOT / "static/chat/state/turn.js").read_text()
OBJECT: Final = re.compile(r"@typedef \{object\} (\w+)[^\n]*\n(.*?)\*/", re.DOTALL)
PROPERTY: Final = re.compile(r"@property \{(.+?)\} (\[?)(\w+)\]?(?=[ \n])")
# What the page adds to what it was sent.
OWN: Final = {"at"}
# A part of the stream's usage that the page has no use for.
UNREAD: Final = {"reasoning_tokens", "service_tier", "provider_cost"}


def properties(name: str) -> set[str]:
    """Return the names of the properties that the browser knows of an object."""
    found = dict(OBJECT.findall(WRITTEN))
    return {match[2] for match in PROPERTY.findall(found[name])}


STREAMED: Final = [
    kind
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, events.Event) and kind is not events.Event
]


@pytest.mark.parametrize("kind", [kind for kind in STREAMED if kind is not events.Charge])
def test_an_event_has_the_fields_that_the_browser_knows(kind: type[msgspec.Struct]) -> None:
    assert properties(kind.__name__) - OWN == {"type", *kind.__struct_fields__}
    assert f'@property {{"{kind.__struct_config__.tag}"}} type' in dict(OBJECT.findall(WRITTEN))[kind.__name__]


def test_all_kinds_of_events_are_known_to_the_browser() -> None:
    union = re.search(r"@typedef \{(.*)\} StreamEvent", WRITTEN)
    assert union is not None
    assert set(union[1].split(" | ")) == {kind.__name__ for kind in STREAMED}


def test_usage_has_the_fields_that_the_browser_knows() -> None:
    assert properties("Usage") | UNREAD == set(events.Charge.__struct_fields__)


def test_a_message_has_the_fields_that_the_browser_knows() -> None:
    told: Any = ThreadMessage
    assert properties("Message") == {each.name for each in fields(told)}
