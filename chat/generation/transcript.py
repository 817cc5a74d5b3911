"""What a generation has said so far: a growing text with places in it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from chat.events import Delta, ReasoningDelta, Status, TextDelta, ToolCallDelta

Entry = Delta | Status


def _length(entry: Entry) -> int:
    match entry:
        case TextDelta() | ReasoningDelta():
            return len(entry.content)
        case ToolCallDelta():
            return len(entry.name) + len(entry.arguments)
        case Status():
            return 0


def _tail(entry: Entry, length: int) -> Entry:
    """Return the last `length` characters of an entry."""
    match entry:
        case ToolCallDelta():
            spoken = _length(entry) - length
            unnamed = entry.arguments[max(0, spoken - len(entry.name)) :]
            return ToolCallDelta(entry.index, entry.id, entry.name[spoken:], unnamed)
        case Status():
            return entry
        case _:
            return type(entry)(entry.content[-length:])


class Transcript:
    """The deltas in order. A position is a count of characters: it names the same place in the same text anywhere.

    Reading merges neighbours, so a slow reader gets fewer and longer deltas and costs no memory.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: list[Entry] = []
        self._ends: list[int] = []
        for entry in entries:
            self.append(entry)

    @property
    def position(self) -> int:
        """The place after the last character."""
        return self._ends[-1] if self._ends else 0

    def __len__(self) -> int:
        """The number of entries: the index to read on from."""
        return len(self._entries)

    def append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._ends.append(self.position + _length(entry))

    def after(self, position: int) -> tuple[list[tuple[int, Entry]], int]:
        """Return what follows `position`, and the index to read on from."""
        index = bisect_right(self._ends, position)
        if index == len(self._entries):
            return [], index
        entry, end = self._entries[index], self._ends[index]
        if end - position < _length(entry):
            rest = (end, _tail(entry, end - position))
            return [rest, *self._read(index + 1)], len(self._entries)
        return self.since(index)

    def since(self, index: int) -> tuple[list[tuple[int, Entry]], int]:
        """Return the entries from `index` on, each with the position it ends at, and the index to read on from."""
        return list(self._read(index)), len(self._entries)

    def _read(self, index: int) -> Iterator[tuple[int, Entry]]:
        count = len(self._entries)
        while index < count:
            first, start = self._entries[index], index
            index += 1
            if isinstance(first, TextDelta | ReasoningDelta):
                while index < count and type(self._entries[index]) is type(first):
                    index += 1
            if index - start == 1:
                yield self._ends[start], first
            else:
                merged = "".join(entry.content for entry in self._entries[start:index])  # type: ignore[union-attr]
                yield self._ends[index - 1], type(first)(merged)  # type: ignore[arg-type,call-arg]

    @property
    def content(self) -> str:
        """The whole answer."""
        return "".join(entry.content for entry in self._entries if isinstance(entry, TextDelta))

    @property
    def reasoning(self) -> str:
        """All that the model thought before and between."""
        return "".join(entry.content for entry in self._entries if isinstance(entry, ReasoningDelta))

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
        return list(calls.values())
