"""Tells a follower the fields of a structured answer, wherever it is followed from."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat.events import Charge, Done, Event, Failed, Reclassified, TextDelta, Title
from chat.generation.structured import FieldReader

Placed = tuple[int, Event]


async def with_fields(
    events: AsyncGenerator[Placed | None, None], text_before: str
) -> AsyncGenerator[Placed | None, None]:
    """Yield the events, and each field right before the text that completes it, with the position before that text.

    So a line that drops between the two tells the field again, and never not at all. `text_before` is the answer up to
    where the events begin; its fields were told when it was.
    """
    reader = FieldReader()
    reader.push(text_before)
    position = 0
    told_rest = False
    async with aclosing(events):
        async for placed in events:
            if placed is None:
                yield None
                continue
            before, (position, event) = position, placed
            if isinstance(event, Charge | Title | Done | Failed) and not told_rest:
                told_rest = True
                for field in reader.finish()[0]:
                    yield position, field
            if isinstance(event, Reclassified):
                reader = FieldReader()
            if isinstance(event, TextDelta):
                for field in reader.push(event.content):
                    yield before, field
            yield placed
