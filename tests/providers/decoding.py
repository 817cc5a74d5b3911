"""Decodes whole bodies, and what each format has to show for the promises that both make."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chat.events import Unreadable, Upstream, Usage
from chat.providers.decoder import StreamDecoder
from chat.providers.sse import EventDecoder
from tests.providers.chunking import cut


def run(decoder: StreamDecoder, chunks: Iterable[bytes]) -> list[Upstream]:
    """Return what these reads of a body add to the answer; of the counts only the last, at the end.

    That a piece could not be read is left out.
    """
    events = EventDecoder()
    found: list[Upstream] = [event for chunk in chunks for event in decoder.decode_all(events.feed(chunk))]
    found += decoder.decode_all(events.flush())
    counts = [event for event in found if isinstance(event, Usage)]
    return [*(event for event in found if not isinstance(event, Usage | Unreadable)), *counts[-1:]]


def decode(decoder: StreamDecoder, body: bytes, size: int | None = None) -> list[Upstream]:
    """Return all events of a body, its end included."""
    return [*run(decoder, cut(body, size)), *decoder.end()]


@dataclass(frozen=True, slots=True)
class Bodies:
    """Bodies of one format.

    `shapes` all mean `answer`, `everything` means `everything_said`. `hello` is the beginning of an answer up to its
    first text, `spoiled` a shape and how many of its events cannot be read, `uncounted` an answer without usage,
    `unexplained` says what `answer` does and ends without a reason. `cut` break off after some text, `silent` end
    without having said anything, `failures` say "the engine died".
    """

    name: str
    decoder: Callable[..., StreamDecoder]
    hello: bytes
    shapes: dict[str, bytes]
    answer: list[Upstream]
    spoiled: dict[str, int]
    everything: bytes
    everything_said: list[Upstream]
    uncounted: bytes
    unexplained: bytes
    cut: dict[str, bytes]
    silent: dict[str, bytes]
    failures: dict[str, bytes]

    def __repr__(self) -> str:
        return self.name
