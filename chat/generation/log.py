"""What a generation has said so far: a growing text with places in it."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final, Self

import msgspec

from chat.events import Delta, ReasoningDelta, Reclassified, Status, TextDelta, ToolCallDelta

Entry = Delta | Status
# What stands in an outline where followers were told that the text so far was thought.
RECLASSIFIED: Final = "reclassified"


def _length(entry: Entry) -> int:
    return len(words_of(entry))


def words_of(entry: Entry) -> str:
    """Return what an entry says; news say nothing."""
    match entry:
        case TextDelta() | ReasoningDelta():
            return entry.content
        case ToolCallDelta():
            return entry.name + entry.arguments
        case Status() | Reclassified():
            return ""


def storable(entry: Entry) -> Entry:
    """Return an entry as every database keeps it: PostgreSQL takes no NUL, neither in text nor in JSON."""
    match entry:
        case TextDelta() | ReasoningDelta():
            return entry if "\0" not in entry.content else type(entry)(entry.content.replace("\0", "\ufffd"))
        case ToolCallDelta(index, call_id, name, arguments) if "\0" in call_id + name + arguments:
            return ToolCallDelta(index, *(word.replace("\0", "\ufffd") for word in (call_id, name, arguments)))
    return entry


def _tail(entry: Entry, length: int) -> Entry:
    """Return the last `length` characters of an entry."""
    match entry:
        case ToolCallDelta():
            spoken = _length(entry) - length
            unnamed = entry.arguments[max(0, spoken - len(entry.name)) :]
            return ToolCallDelta(entry.index, entry.id, entry.name[spoken:], unnamed)
        case Status() | Reclassified():
            return entry
        case _:
            return type(entry)(entry.content[-length:])


def _run(entry: Delta) -> list[Any]:
    """Return the kind of an entry as an outline names it; two entries of one kind can be one run."""
    match entry:
        case ToolCallDelta():
            return ["tool_call", entry.index]
        case Reclassified():
            return [RECLASSIFIED]
        case _:
            return ["reasoning" if isinstance(entry, ReasoningDelta) else "token"]


class Transcript:
    """The deltas in order. A position is a count of characters: it names the same place in the same text anywhere.

    Reading merges neighbours, so a slow reader gets fewer and longer deltas and costs no memory.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: list[Entry] = []
        # Of a thousand answers of a thousand pieces these are a million numbers.
        self._ends = array("Q")
        for entry in entries:
            self.append(entry)

    @property
    def position(self) -> int:
        """The place after the last character."""
        return self._ends[-1] if self._ends else 0

    @classmethod
    def stored(
        cls, content: str, reasoning: str, tool_calls: Iterable[dict[str, Any]], outline: list[list[Any]]
    ) -> Self:
        """Return the transcript of a finished message; `outline` as it was when it finished."""
        said: dict[str, list[Entry]] = {
            "reasoning": [ReasoningDelta(reasoning)] if reasoning else [],
            "token": [TextDelta(content)] if content else [],
            **{f"tool_call {call['index']}": [ToolCallDelta(**call)] for call in tool_calls},
        }
        if not outline:
            return cls(entry for entries in said.values() for entry in entries)
        whole = {kind: cls(entries) for kind, entries in said.items()}
        begins = dict.fromkeys(whole, 0)
        transcript = cls()
        reclassified = max((number for number, run in enumerate(outline) if run[0] == RECLASSIFIED), default=-1)
        for number, (*kind, length) in enumerate(outline):
            if kind == [RECLASSIFIED]:
                transcript.append(Reclassified())
                continue
            name = " ".join(map(str, kind))
            # What was told as text, and turned out to be thought, is told so again.
            place = "reasoning" if name == "token" and number < reclassified else name
            entry = whole[place]._between(begins[place], begins[place] + length)
            transcript.append(TextDelta(words_of(entry)) if name == "token" else entry)
            begins[place] += length
        return transcript

    def _between(self, begin: int, end: int) -> Entry:
        """Return the part between two positions of a transcript that is a single entry."""
        ((_, entry),) = self.after(begin)[0]
        surplus = self.position - end
        if not surplus:
            return entry
        if isinstance(entry, ToolCallDelta):
            named = max(0, end - begin - len(entry.name))
            return ToolCallDelta(entry.index, entry.id, entry.name[: end - begin], entry.arguments[:named])
        return type(entry)(entry.content[:-surplus])  # type: ignore[call-arg,union-attr]

    def __len__(self) -> int:
        """The number of entries: the index to read on from."""
        return len(self._entries)

    def append(self, entry: Entry) -> None:
        length = len(entry.content) if type(entry) is TextDelta else _length(entry)
        self._entries.append(entry)
        self._ends.append(self._ends[-1] + length if self._ends else length)

    def after(self, position: int) -> tuple[list[tuple[int, Entry]], int]:
        """Return what follows `position`, and the index to read on from."""
        # Nothing was seen at the beginning, so what has no length, such as news, is not left out there.
        index = bisect_right(self._ends, position) if position else 0
        # Who left off right where it was reclassified may not have heard of it; to hear it twice changes nothing.
        while index and self._ends[index - 1] == position and isinstance(self._entries[index - 1], Reclassified):
            index -= 1
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
    def outline(self) -> list[list[Any]]:
        """The order of the parts as runs of [kind, length] or ["tool_call", index, length].

        Empty for the usual order, thoughts, then text, then tool calls one by one: it needs no telling.
        """
        runs: list[list[Any]] = []
        last = self._reclassified
        for number, entry in enumerate(self._entries):
            if isinstance(entry, Status) or not (_length(entry) or number == last):
                continue
            kind = _run(entry)
            if not runs or runs[-1][:-1] != kind:
                runs.append([*kind, 0])
            runs[-1][-1] += _length(entry)
        order = {"reasoning": (0,), RECLASSIFIED: (3,), "token": (1,)}
        places = [order.get(run[0], (2, run[1])) for run in runs]
        usual = all(before < after for before, after in pairwise(places))
        return [] if usual else runs

    @property
    def everything(self) -> str:
        """All that was said, of whatever kind, in order."""
        return "".join(words_of(entry) for entry in self._entries)

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
        return "".join(entry.content for entry in self._entries[begin:] if isinstance(entry, TextDelta))

    def content_up_to(self, position: int) -> str:
        """The answer as far as a position."""
        whole, rest = self.content, Transcript(entry for _, entry in self.after(position)[0]).content
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


def to_journal(entries: Iterable[Entry], *, asks_again: bool = False) -> list[Any]:
    """Return entries as plain JSON values; null after them says that another request is made then."""
    values = [msgspec.to_builtins(entry) for entry in entries]
    return [*values, None] if asks_again else values


def from_journal(values: list[Any]) -> list[Entry]:
    """Return the entries that `to_journal` was given."""
    said = [value for value in values if value is not None]
    return msgspec.convert(said, list[ReasoningDelta | TextDelta | ToolCallDelta | Reclassified | Status])
