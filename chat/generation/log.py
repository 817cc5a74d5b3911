"""The log of a generation: everything it has said, in order, with the places where each of its requests began.

It is the one copy of an answer under way. Followers, the journal and the attempts read it from where they left off.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from chat.events import ReasoningDelta, Reclassified, Status, TextDelta, ToolCallDelta
from chat.generation.entry import (
    RECLASSIFIED,
    Entry,
    head_of,
    length_of,
    run_of,
    tail_of,
    to_journal,
    words_of,
)

if TYPE_CHECKING:
    from chat.generation.attempt import Attempt

Placed = tuple[int, Entry]


class Place(NamedTuple):
    """How far the journal has read: the index of the next entry, and of the next mark."""

    entry: int = 0
    mark: int = 0


class GenerationLog:
    """The entries in order. A position is a count of characters: it names the same place in the same text anywhere.

    `write` takes each entry before it is in the log, and None for each mark; `wake` is called when there is news.
    `attempts` are the requests that were made, each of which knows its slice of the entries.
    """

    __slots__ = ("_ends", "_entries", "_marks", "_wake", "_write", "attempts")

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        *,
        write: Callable[[Entry | None], None] | None = None,
        wake: Callable[[], None] | None = None,
    ) -> None:
        self._entries: list[Entry] = []
        # Where each entry ends. For a thousand answers of a thousand pieces these are a million numbers.
        self._ends = array("Q")
        # Before which entries another request was made, because the one before had not given the whole answer.
        self._marks: list[int] = []
        self.attempts: list[Attempt] = []
        # What is there from the start is neither written nor told.
        self._write: Callable[[Entry | None], None] | None = None
        self._wake: Callable[[], None] | None = None
        for entry in entries:
            self.append(entry)
        self._write, self._wake = write, wake

    # Writing

    def append(self, entry: Entry) -> None:
        """Add an entry: to the file, to memory, and then tell the followers; nobody hears what a crash would lose."""
        if self._write is not None:
            self._write(entry)
        length = len(entry.content) if type(entry) is TextDelta else length_of(entry)
        ends = self._ends
        ends.append(ends[-1] + length if ends else length)
        self._entries.append(entry)
        if self._wake is not None:
            self._wake()

    def mark(self) -> None:
        """Note that another request is about to be made: whoever recovers the log must know what to bill."""
        if self._write is not None:
            self._write(None)
        self._marks.append(len(self._entries))

    def begin(self, attempt: "Attempt") -> None:
        """Add a request: what is appended from now on is what it says."""
        if self.attempts:
            self.attempts[-1].end_slice()
        attempt.begin_slice(self._entries)
        self.attempts.append(attempt)

    # Reading

    @property
    def position(self) -> int:
        """The place after the last character."""
        return self._ends[-1] if self._ends else 0

    def __len__(self) -> int:
        """The number of entries."""
        return len(self._entries)

    def since(self, position: int) -> "Cursor":
        """Return a reader of what follows a position."""
        return Cursor(self, position)

    def to_journal(self, place: Place) -> tuple[list[Any], Place]:
        """Return the JSON of what is new since a place, with null for each mark, and the place after it."""
        values: list[Any] = []
        begin = place.entry
        for mark in self._marks[place.mark :]:
            values += to_journal((entry for _, entry in self._merged(begin, mark)), asks_again=True)
            begin = mark
        values += to_journal(entry for _, entry in self._merged(begin, len(self._entries)))
        return values, Place(len(self._entries), len(self._marks))

    def _merged(self, index: int, count: int) -> Iterator[Placed]:
        """Yield entries, each with the position it ends at. Neighbouring text is merged, for a slow reader."""
        entries, ends = self._entries, self._ends
        while index < count:
            first, start = entries[index], index
            index += 1
            if isinstance(first, TextDelta | ReasoningDelta):
                while index < count and type(entries[index]) is type(first):
                    index += 1
            if index - start == 1:
                yield ends[start], first
            else:
                merged = "".join([entry.content for entry in entries[start:index]])  # type: ignore[union-attr]
                yield ends[index - 1], type(first)(merged)  # type: ignore[arg-type,call-arg]

    # What it comes to

    @property
    def everything(self) -> str:
        """All that was said, of whatever kind, in order."""
        return "".join(map(words_of, self._entries))

    @property
    def was_reclassified(self) -> bool:
        """Whether text turned out to be thought."""
        return self._reclassified >= 0

    @property
    def _reclassified(self) -> int:
        """The index of the last entry that says that all text before it was thought; -1 where there is none."""
        for index in range(len(self._entries) - 1, -1, -1):
            if isinstance(self._entries[index], Reclassified):
                return index
        return -1

    @property
    def content(self) -> str:
        """The whole answer."""
        begin = self._reclassified + 1
        return "".join([entry.content for entry in self._entries[begin:] if isinstance(entry, TextDelta)])

    def content_up_to(self, position: int) -> str:
        """The answer as far as a position."""
        whole, rest = self.content, GenerationLog(entry for _, entry in self.since(position).read()).content
        return whole[: len(whole) - len(rest)]

    @property
    def reasoning(self) -> str:
        """All that the model thought before and between."""
        last = self._reclassified
        return "".join(
            entry.content
            for number, entry in enumerate(self._entries)
            if isinstance(entry, ReasoningDelta) or (number < last and isinstance(entry, TextDelta))
        )

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls, fragments joined per index: objects with index, id, name and arguments (JSON text)."""
        calls: dict[int, dict[str, Any]] = {}
        for entry in self._entries:
            if isinstance(entry, ToolCallDelta):
                call = calls.setdefault(entry.index, {"index": entry.index, "id": "", "name": "", "arguments": ""})
                call["id"] = call["id"] or entry.id
                call["name"] += entry.name
                call["arguments"] += entry.arguments
        return sorted(calls.values(), key=lambda call: int(call["index"]))

    # As a finished message keeps it

    @property
    def outline(self) -> list[list[Any]]:
        """The order of the parts as runs of [kind, length] or ["tool_call", index, length].

        Empty for the usual order, thoughts, then text, then tool calls one by one: it needs no telling.
        """
        runs: list[list[Any]] = []
        last = self._reclassified
        for number, entry in enumerate(self._entries):
            if isinstance(entry, Status) or not (length_of(entry) or number == last):
                continue
            kind = run_of(entry)
            if not runs or runs[-1][:-1] != kind:
                runs.append([*kind, 0])
            runs[-1][-1] += length_of(entry)
        order = {"reasoning": (0,), RECLASSIFIED: (3,), "token": (1,)}
        places = [order.get(run[0], (2, run[1])) for run in runs]
        usual = all(before < after for before, after in pairwise(places))
        return [] if usual else runs

    @classmethod
    def stored(
        cls, content: str, reasoning: str, tool_calls: Iterable[dict[str, Any]], outline: list[list[Any]]
    ) -> Self:
        """Return the log of a finished message; `outline` as it was when it finished."""
        whole: dict[str, Entry] = {
            **({"reasoning": ReasoningDelta(reasoning)} if reasoning else {}),
            **({"token": TextDelta(content)} if content else {}),
            **{f"tool_call {call['index']}": ToolCallDelta(**call) for call in tool_calls},
        }
        if not outline:
            return cls(whole.values())
        log = cls()
        begins = dict.fromkeys(whole, 0)
        reclassified = max((number for number, run in enumerate(outline) if run[0] == RECLASSIFIED), default=-1)
        for number, (*kind, length) in enumerate(outline):
            if kind == [RECLASSIFIED]:
                log.append(Reclassified())
                continue
            name = " ".join(map(str, kind))
            # What was told as text, and turned out to be thought, is told so again.
            place = "reasoning" if name == "token" and number < reclassified else name
            rest = tail_of(whole[place], length_of(whole[place]) - begins[place])
            part = head_of(rest, length)
            log.append(TextDelta(words_of(part)) if name == "token" else part)
            begins[place] += length
        return log


class Cursor:
    """Reads a log from a position on: each `read` returns what is new since the last one."""

    __slots__ = ("_index", "_log", "_position")

    def __init__(self, log: GenerationLog, position: int) -> None:
        self._log = log
        self._position = position
        # Not known before the log has come as far as the position.
        self._index = -1

    def read(self) -> list[Placed]:
        """Return the new entries, each with the position it ends at; neighbouring text is merged."""
        log, index = self._log, self._index
        if index < 0:
            return self._begin()
        entries = log._entries
        count = len(entries)
        if index == count:
            return []
        self._index = count
        if index + 1 == count:
            return [(log._ends[index], entries[index])]
        return list(log._merged(index, count))

    def _begin(self) -> list[Placed]:
        log, position = self._log, self._position
        if position > log.position:
            return []
        # Nothing was seen at the beginning, so what has no length, such as a status, is not left out there.
        index = bisect_right(log._ends, position) if position else 0
        # Who left off right where it was reclassified may not have heard of it; to hear it twice changes nothing.
        while index and log._ends[index - 1] == position and isinstance(log._entries[index - 1], Reclassified):
            index -= 1
        count = self._index = len(log._entries)
        if index == count:
            return []
        entry, end = log._entries[index], log._ends[index]
        if end - position < length_of(entry):
            return [(end, tail_of(entry, end - position)), *log._merged(index + 1, count)]
        return list(log._merged(index, count))
