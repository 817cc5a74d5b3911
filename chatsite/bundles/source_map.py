"""Source maps: which line of which source a line of a bundle was. Source: ECMA-426."""

import json
import posixpath
from collections.abc import Sequence
from typing import Final, NamedTuple

DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# Five bits a digit, and one that says that another follows.
BITS: Final = 5


class Line(NamedTuple):
    """A line of a bundle, and where it comes from: the source's name, empty for none, and its line, from 0."""

    text: str
    source: str = ""
    number: int = 0


def source_map(name: str, lines: Sequence[Line]) -> str:
    """Return the map of a bundle that lies at `name`; its sources are named by their addresses from there."""
    sources = list(dict.fromkeys(line.source for line in lines if line.source))
    folder = posixpath.dirname(name)
    mappings, before = [], (0, 0)
    for line in lines:
        if not line.source:
            mappings.append("")
            continue
        place = (sources.index(line.source), line.number)
        # Column, source, line and column there; all but the first as the difference to the segment before.
        mappings.append("".join(map(_vlq, (0, place[0] - before[0], place[1] - before[1], 0))))
        before = place
    addresses = [posixpath.relpath(source, folder) for source in sources]
    return json.dumps({"version": 3, "sources": addresses, "names": [], "mappings": ";".join(mappings)})


def _vlq(number: int) -> str:
    """Return a number in base 64, its lowest digit first and the sign in its lowest bit."""
    rest = -number << 1 | 1 if number < 0 else number << 1
    digits = ""
    while True:
        rest, digit = rest >> BITS, rest & (1 << BITS) - 1
        digits += DIGITS[digit | (rest > 0) << BITS]
        if not rest:
            return digits
