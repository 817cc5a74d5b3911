"""Joins characters that a provider's JSON cut in half: a surrogate pair's halves came in two events."""

from typing import Final

from chat.events import Delta, ReasoningDelta, TextDelta, ToolCallDelta

REPLACEMENT: Final = "\ufffd"

Kind = tuple[type[Delta], int]


class SurrogateJoiner:
    """Joins halves over the deltas of one kind; one that stays alone becomes U+FFFD. All other text stays as it is."""

    def __init__(self) -> None:
        self._halves: dict[Kind, str] = {}

    def join(self, delta: Delta) -> list[Delta]:
        """Return a delta of whole characters, nothing where all of it was half a one."""
        match delta:
            case TextDelta(content) | ReasoningDelta(content):
                whole = self._whole((type(delta), 0), content)
                return [type(delta)(whole)] if whole else []
            case ToolCallDelta(index, call_id, name, arguments):
                whole = self._whole((ToolCallDelta, index), arguments)
                return [ToolCallDelta(index, mended(call_id), mended(name), whole)]
        return [delta]

    def flush(self) -> list[Delta]:
        """Return what is left of halves whose others never came."""
        halves, self._halves = self._halves, {}
        found: list[Delta] = []
        for kind, index in halves:
            if kind is ToolCallDelta:
                found.append(ToolCallDelta(index, arguments=REPLACEMENT))
            else:
                found.append(TextDelta(REPLACEMENT) if kind is TextDelta else ReasoningDelta(REPLACEMENT))
        return found

    def _whole(self, kind: Kind, text: str) -> str:
        text = self._halves.pop(kind, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._halves[kind] = text[-1]
            text = text[:-1]
        return mended(text)


def mended(text: str) -> str:
    """Return text with the halves in it joined, and U+FFFD for each that is alone."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
