"""Events to text/event-stream for the browser.

Source: WHATWG HTML, "Server-sent events". The type stands inside the JSON; `event:` lines are not used.
"""

from typing import Final

from chat.events import to_json

# A comment: proxies see traffic, readers skip it.
HEARTBEAT: Final = b": keep-alive\n\n"


def encode(position: int, event: object) -> bytes:
    """Return one server-sent event: `id: <position>`, `data: <json>`, a blank line."""
    return b"id: %d\ndata: %b\n\n" % (position, to_json(event))


def position_from(text: str) -> int:
    """Return the position that an `id` names. Raises ValueError for anything that is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise ValueError("A position is a whole number.")
    return int(text)
