"""An event that is no JSON, or no object, costs that event: what of an answer under way is lost is told."""

from typing import Final

from tests.providers.real_shapes.case import Case, both, event, stream

CASES: Final[list[Case]] = [
    *both(
        "an event that is no JSON, first",
        lambda wire: stream(wire, b"data: {oops\n\n", wire.said("Hello")),
        text="Hello",
    ),
    *both(
        "an event that is no JSON, in the middle",
        lambda wire: stream(wire, wire.said("Hel"), b"data: {oops\n\n", wire.said("lo")),
        text="Hello",
        told=True,
    ),
    *both(
        "an event that is no JSON, last",
        lambda wire: stream(wire, wire.said("Hello"), wire.ended(), b"data: {oops\n\n", wire.mark, end=False),
        text="Hello",
        told=True,
    ),
    *both(
        "an event that is a number, a list, a word, nothing",
        lambda wire: stream(wire, wire.said("Hel"), *map(event, (5, [1], "word", None)), wire.said("lo")),
        text="Hello",
        told=True,
    ),
]
