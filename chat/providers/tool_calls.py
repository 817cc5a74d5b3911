"""Puts the fragments of tool calls together as their servers meant them, whatever index and id they carry."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from chat.events import ToolCallDelta
from chat.providers import limits

INDEX: Final = re.compile("[0-9]{1,6}")
MAX_INDEX: Final = 999_999
# Of the arguments so far, for each character of them that came: each look at them begins anew.
CHARS_READ_PER_CHAR: Final = 256


@dataclass(slots=True)
class _Call:
    place: int
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    last: str = ""
    chars: int = 0
    credit: int = 0

    def add(self, arguments: str) -> None:
        self.arguments.append(arguments)
        self.last = arguments.rstrip()[-1:] or self.last
        self.chars += len(arguments)
        self.credit += CHARS_READ_PER_CHAR * len(arguments)

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are an object that is complete; not known, and so not, where it was asked too often."""
        if self.last != "}" or self.credit < self.chars:
            # Nothing of a long one is read again with each fragment of it.
            return False
        self.credit -= self.chars
        try:
            return isinstance(msgspec.json.decode("".join(self.arguments)), dict)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return False


class ToolCalls:
    """The tool calls of one answer.

    A call is known by its index and its id: one index with another id is another call, and so is a fragment without
    either that names a function anew. Names and ids may come with each fragment, and count once. They keep their
    indices where there is no other call with it, or, `numbered`, are numbered from 0.
    """

    def __init__(self, *, numbered: bool = False) -> None:
        self._numbered = numbered
        self._calls: list[_Call] = []
        self._places: set[int] = set()
        self._next = 0
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}

    def fragment(self, at: Any, call_id: Any, name: Any, arguments: Any) -> ToolCallDelta:
        """Return what a fragment adds, by whatever it is known: index, id, both, or neither.

        Raises ChatError when there are more calls than are taken in.
        """
        place, call_id, name = index(at), text(call_id), text(name)
        call = self._find(place, call_id, name) or self._begin(place)
        if place is not None:
            self._by_index[place] = call
        new_id, call.id = call_id if not call.id else "", call.id or call_id
        if call_id:
            self._by_id[call_id] = call
        said = json_text(arguments)
        if said:
            call.add(said)
        # Some servers send what they have of the name so far each time.
        new_name = name.removeprefix(call.name) if name.startswith(call.name) else ""
        call.name += new_name
        return ToolCallDelta(call.place, new_id, new_name, said)

    def _find(self, place: int | None, call_id: str, name: str) -> _Call | None:
        if call_id and call_id in self._by_id:
            return self._by_id[call_id]
        call = self._by_index.get(place) if place is not None else (self._calls[-1] if self._calls else None)
        if call is None or (call_id and call.id):
            return None
        if name and not call_id and call.name and not (place is None and self._by_id):
            # Named anew without an id: the same call told again, unless it is another function, or complete.
            is_other = not name.startswith(call.name) or call.is_whole
            return None if is_other else call
        return call

    def _begin(self, place: int | None) -> _Call:
        if len(self._calls) >= limits.CALLS:
            raise limits.too_long(f"It has more than {limits.CALLS} tool calls")
        if place is None or place in self._places or self._numbered:
            place = self._next
        self._places.add(place)
        self._next = max(self._next, place + 1)
        call = _Call(place)
        self._calls.append(call)
        return call


def text(value: Any) -> str:
    """Return a field that should be text; empty for any other type."""
    return value if isinstance(value, str) else ""


def json_text(value: Any) -> str:
    """Return a tool call's arguments or a fragment of them as JSON text; some servers send the object itself."""
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else text(value)


def index(value: Any) -> int | None:
    """Return a tool call's or a block's index; None if it is none. Some servers send it as text."""
    if isinstance(value, str) and INDEX.fullmatch(value):
        return int(value)
    return value if type(value) is int and 0 <= value <= MAX_INDEX else None
