"""A cache of prompts, as Anthropic documents it: a prefix is kept where it is marked, and read when it comes again.

The mark at the top of a request stands after its last block. What is kept are whole blocks (here the system prompt and
each message), from 1,024 tokens on; the last 20 blocks are looked at for where something was kept earlier. Reading
renews what is read. Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from hashlib import sha256
from itertools import accumulate
from typing import Any, Final, NamedTuple

LEAST_TOKENS: Final = 1024
BLOCKS: Final = 20
# How many times longer an hour is than the usual five minutes.
HOUR: Final = 12


class Passed(NamedTuple):
    """How many tokens were read from the cache and written to it, and of those for an hour."""

    read: int = 0
    written: int = 0
    hour: int = 0


class Cache:
    """What is kept, and until when, on any clock that goes forward."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def passed(self, body: dict[str, Any], now: float, seconds: float) -> Passed:
        """Return what a request reads and writes, and keep it: `seconds` long, or `HOUR` times that if it asks to."""
        mark = body.get("cache_control")
        if not mark:
            return Passed()
        seconds *= HOUR if mark.get("ttl") == "1h" else 1
        blocks = [str(body.get("system") or ""), *(str(turn["content"]) for turn in body.get("messages") or ())]
        # Each prefix by a name that tells all of it, and how long it is.
        names = accumulate(blocks, _name, initial=str(body.get("model")))
        lengths = accumulate((len(block.split()) for block in blocks), initial=0)
        *prefixes, (last, whole) = zip(names, lengths, strict=True)
        if whole < LEAST_TOKENS:
            return Passed()
        read = 0
        for name, length in [*prefixes, (last, whole)][: -BLOCKS - 1 : -1]:
            if self._until.get(name, now) > now:
                self._until[name], read = now + seconds, length
                break
        self._until[last] = now + seconds
        written = whole - read
        return Passed(read, written, written if mark.get("ttl") == "1h" else 0)


def _name(before: str, block: str) -> str:
    return sha256(f"{before}\0{block}".encode()).hexdigest()
