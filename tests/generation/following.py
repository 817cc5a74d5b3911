"""Follows a generation as the views do, but keeps the events as they are."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

from chat.access.credential import Credential
from chat.access.subscription import Subscription
from chat.events import Event
from chat.generation import stream
from chat.generation.stream import Source

Placed = tuple[int, Event]


@contextmanager
def unwatched() -> Iterator[Subscription]:
    """Let in somebody whose access nobody withdraws."""
    yield Subscription(Credential(0))


def placed(position: int, event: Event) -> Placed | None:
    return position, event


def follow(source: Source, after: int = 0, *, can_return: bool = True) -> AsyncGenerator[Placed | None, None]:
    """Yield the events after a position, each with its own; None is a heartbeat."""
    return stream.follow(source, unwatched(), placed, None, after, can_return=can_return)
