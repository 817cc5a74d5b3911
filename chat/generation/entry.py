"""The entries of a generation's log: what each says, how long that is, and its JSON in the journal.

Later kinds of entries are what a message will consist of besides text: tool results, files, citations.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from chat.events import Delta, ReasoningDelta, Reclassified, Status, TextDelta, ToolCallDelta

Entry = Delta | Status
# What stands in an outline where followers were told that the text so far was thought.
RECLASSIFIED: Final = "reclassified"
# What stays true of an answer, and is told as a `status` with attempt 0 and, later, with the message.
OLDER_LEFT_OUT: Final = "Older messages were not sent: together they are more than the model takes."
UNREADABLE: Final = "A piece of this answer could not be read and may be missing."


class PictureText(TextDelta, frozen=True, tag="token", gc=False):
    """The Markdown that shows a picture: text of the answer, but no words of the model's."""


def notes_of(*, is_trimmed: bool, has_gaps: bool) -> list[str]:
    """Return what is to be told of an answer: whether older messages were not sent, or a piece could not be read."""
    told = ((is_trimmed, OLDER_LEFT_OUT), (has_gaps, UNREADABLE))
    return [note for is_true, note in told if is_true]


def words_of(entry: Entry) -> str:
    """Return what an entry says; a status says nothing of the answer."""
    kind = type(entry)
    if kind is TextDelta or kind is ReasoningDelta or kind is PictureText:
        return entry.content  # type: ignore[union-attr]
    if isinstance(entry, ToolCallDelta):
        return entry.name + entry.arguments
    return ""


def length_of(entry: Entry) -> int:
    """Return how many positions an entry takes: its characters."""
    return len(words_of(entry))


def tail_of(entry: Entry, length: int) -> Entry:
    """Return the last `length` characters of an entry; one without any stays as it is."""
    match entry:
        case ToolCallDelta():
            begin = length_of(entry) - length
            arguments = entry.arguments[max(0, begin - len(entry.name)) :]
            return ToolCallDelta(entry.index, entry.id, entry.name[begin:], arguments)
        case TextDelta() | ReasoningDelta():
            return type(entry)(entry.content[len(entry.content) - length :])
    return entry


def head_of(entry: Entry, length: int) -> Entry:
    """Return the first `length` characters of an entry; one without any stays as it is."""
    match entry:
        case ToolCallDelta():
            arguments = entry.arguments[: max(0, length - len(entry.name))]
            return ToolCallDelta(entry.index, entry.id, entry.name[:length], arguments)
        case TextDelta() | ReasoningDelta():
            return type(entry)(entry.content[:length])
    return entry


def run_of(entry: Delta) -> list[Any]:
    """Return the kind of an entry as an outline names it; neighbours of one kind are one run."""
    match entry:
        case ToolCallDelta():
            return ["tool_call", entry.index]
        case Reclassified():
            return [RECLASSIFIED]
        case ReasoningDelta():
            return ["reasoning"]
        case _:
            return ["token"]


def storable(entry: Entry) -> Entry:
    """Return an entry as every database keeps it: PostgreSQL takes no NUL, neither in text nor in JSON."""
    match entry:
        case TextDelta() | ReasoningDelta():
            return entry if "\0" not in entry.content else type(entry)(entry.content.replace("\0", "\ufffd"))
        case ToolCallDelta(index, call_id, name, arguments) if "\0" in call_id + name + arguments:
            return ToolCallDelta(index, *(word.replace("\0", "\ufffd") for word in (call_id, name, arguments)))
    return entry


def to_journal(entries: Iterable[Entry], *, asks_again: bool = False) -> list[Any]:
    """Return entries as plain JSON values; null after them says that another request is made then."""
    values = [msgspec.to_builtins(entry) for entry in entries]
    return [*values, None] if asks_again else values


def from_journal(values: list[Any]) -> list[Entry]:
    """Return the entries that `to_journal` was given."""
    said = [value for value in values if value is not None]
    return msgspec.convert(said, list[ReasoningDelta | TextDelta | ToolCallDelta | Reclassified | Status])
