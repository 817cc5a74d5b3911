"""What the decoders of streamed answers have in common: they remember how a stream went, and judge its end. No I/O."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from chat.errors import ChatError
from chat.events import NO_REASON, Delta, Finished, Picture, TextDelta, Unreadable, Upstream, Usage
from chat.providers import limits
from chat.providers.base import ENDS_OF_TEXT, NOTHING_LEARNT, Learnt
from chat.providers.errors import from_body, reports_failure
from chat.providers.finish_reason import EndSigns, finished, is_failure
from chat.providers.pictures import MAX_ANSWER_BYTES, picture_in
from chat.providers.sse import ServerSentEvent
from chat.providers.surrogates import SurrogateJoiner
from chat.providers.thinking import ThoughtSplitter
from chat.providers.usage import Counts

# What JSON that is none raises, and JSON that is deeper than anybody means it.
MALFORMED: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
# What may begin a tag, or code in which one means nothing.
MARKED: Final = re.compile("[<`]|[\"'“„‘«]\\Z").search
SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")

Said = Delta | Picture


class StreamDecoder(ABC):
    """Decodes one stream.

    `ends`: what it has shown of its end. `said`: a delta was decoded. `deltas`: how many events had one, what is held
    back included. `usage`: the last count so far. `failure`: what
    the server reported instead of going on. `events` and `malformed`: how many events came, and how many of them were
    skipped, or a part of them.
    """

    def __init__(self, learnt: Learnt = NOTHING_LEARNT) -> None:
        self.ends = EndSigns()
        self.said = False
        self.deltas = 0
        self.usage: Usage | None = None
        self.failure: ChatError | None = None
        self.events = 0
        self.malformed = 0
        self._counts = Counts()
        self._told: Usage | None = None
        self._gives_no_reason = learnt.gives_no_reason
        self._refused = False
        self._thoughts = ThoughtSplitter(begins_in_thought=learnt.begins_in_thought)
        self._halves: SurrogateJoiner | None = None
        # Whether text that holds no sign of a tag or of code goes on as it is.
        self._is_plain = False
        # Whether the next event is first read strictly, as one that has nothing but text; and whether its server's are
        # such that this can succeed.
        self._is_strict, self._is_usual = False, True
        self._pictures: set[bytes] = set()
        self._picture_bytes = 0

    @property
    def has_ended(self) -> bool:
        """Whether the answer is whole although its line is lost now."""
        return self.ends.is_over(self.deltas)

    @abstractmethod
    def _read(self, event: ServerSentEvent) -> list[Said]:
        """Return what `event` adds to the answer; sets `failure` when it says that the provider failed.

        Raises one of MALFORMED when it cannot be read, and ChatError when it is more than is taken in.
        """

    @abstractmethod
    def _plain_text(self, event: ServerSentEvent) -> str | None:
        """Return the text of an event that says nothing else at all; None for any other, also where it is malformed.

        The schema tells in C what would otherwise be asked field by field, for nearly all of the events that come.
        """

    @abstractmethod
    def whole(self, answer: dict[str, Any]) -> list[Upstream]:
        """Return what an answer says that came whole and not as a stream; nothing where it is none."""

    # Reading

    def decode(self, event: ServerSentEvent) -> list[Upstream]:
        """Return what `event` adds to the answer, and that a part of it could not be read where words had come."""
        self.events += 1
        ends = self.ends
        malformed, reasons = self.malformed, ends.reasons
        try:
            read = self._read(event)
        except MALFORMED:
            if event.event == "error":
                self.failure = failure(event.data)
            else:
                self.malformed += 1
            read = []
        except ChatError as error:
            self.failure, read = error, []
        found: list[Upstream] = read  # type: ignore[assignment] # what it says is the list's own from here on
        if read:
            self.said = True
            self.deltas += 1
            if reasons:
                ends.go_on()
            # Most of all that comes is one piece of plain text.
            first = read[0]
            if not self._is_plain or len(read) > 1 or type(first) is not TextDelta or MARKED(first.content):
                found = self._sorted(read)
        elif reasons != ends.reasons or (reasons and self._counts.changed):
            ends.close(after_something=self.said or self._counts.changed, counted=self._counts.changed)
        if self._counts.changed:
            self.usage = self._counts.usage(said=self.said)
        elif self.usage is not None and read and self.usage.completion_tokens is not None:
            # More was said than counted, and nobody knows whether it will be counted yet.
            self.usage = replace(self.usage, completion_tokens=None, reasoning_tokens=None)
        if malformed != self.malformed and self.said:
            found.append(Unreadable())
        # What words after a count, a reason or a failure mean is decided with each of them.
        is_under_way = self.failure is None and not ends.may_be_over
        is_uncounted = self.usage is None or self.usage.completion_tokens is None
        self._is_strict = self._is_plain and self._is_usual and is_under_way and is_uncounted
        return found

    def decode_all(self, events: Iterable[ServerSentEvent]) -> list[Upstream]:
        """Return what `events` add to the answer, up to the one that sets `failure`, and what was counted anew."""
        found: list[Upstream] = []
        for event in events:
            if self._is_strict:
                text = self._plain_text(event)
                if text and not MARKED(text):
                    self.events += 1
                    self.deltas += 1
                    found.append(TextDelta(text))
                    continue
                said = self.decode(event)
                # Text with something beside it, as it most likely is in all events of this server.
                self._is_usual = text is not None or [type(each) for each in said] != [TextDelta]
                self._is_strict = self._is_strict and self._is_usual
                found += said
            elif self.failure is not None:
                break
            else:
                found += self.decode(event)
        if self.usage is not self._told:
            found += self._counted()
        return found

    def _counted(self) -> list[Usage]:
        """Return the usage, once for each time it changed: an answer that is cut off later must not lose it."""
        if self.usage is None or self.usage == self._told:
            return []
        self._told = self.usage
        return [self.usage]

    def _sorted(self, deltas: list[Said]) -> list[Upstream]:
        """Return deltas of whole characters, thoughts apart from text."""
        found: list[Upstream] = []
        for delta in deltas:
            if isinstance(delta, Picture):
                found.append(delta)
                continue
            for whole in self._halves.join(delta) if self._halves is not None else (delta,):
                found += self._thoughts.split(whole)
        self._is_plain = self._halves is None and self._thoughts.is_plain
        return found

    # For the formats

    def _loose(self, data: str) -> Any:
        """Return JSON that is not as it should be: another shape, or characters cut in half. Raises MALFORMED."""
        try:
            value = json.loads(data)
        except ValueError as error:
            raise msgspec.DecodeError(str(error)) from None
        if self._halves is None and SURROGATE.search(data):
            self._halves, self._is_plain = SurrogateJoiner(), False
        return value

    def _lost(self, value: Any) -> None:
        """Take note of what stands where something of the answer should; an empty value costs nothing."""
        if value:
            self.malformed += 1

    def _reported(self, value: Any) -> Any:
        """Return an error that came without an object around it: some servers put a list there. Raises DecodeError."""
        if not reports_failure(value):
            raise msgspec.DecodeError("an event is an object")
        return value

    def _picture(self, value: Any, *, surely: bool = True) -> list[Said]:
        """Return the picture that a part of the answer shows, once; `surely` it is one, or a part is lost."""
        found = picture_in(value)
        if found is None and surely:
            self.malformed += 1
        if isinstance(found, Picture):
            name = blake2b(found.data).digest()
            if name in self._pictures:
                return []
            self._picture_bytes += len(found.data)
            if self._picture_bytes > MAX_ANSWER_BYTES or len(self._pictures) >= limits.PICTURES:
                self.malformed += 1
                return []
            self._pictures.add(name)
        return [found] if found is not None else []

    # The end

    def flush(self, end: Finished | None = None) -> list[Upstream]:
        """Return what was held back of the text; for streams that have no regular `end`, too."""
        # Of an answer that was cut off nobody knows what would have come.
        is_whole = end is not None and end.finish_reason in ENDS_OF_TEXT
        found: list[Delta] = []
        for half in self._halves.flush() if self._halves is not None else ():
            found += self._thoughts.split(half)
        return [*found, *self._thoughts.flush(is_whole=is_whole)]

    def end(self) -> list[Upstream]:
        """Return the last events, what was held back, what was counted anew, and `Finished`.

        Raises ChatError when that was no regular end: the text that is held back stays for `flush`.
        """
        if self.failure is not None:
            raise self.failure
        end = self._ended()
        return [*self.flush(end), *self._counted(), end]

    def _ended(self) -> Finished:
        counted = self.usage is not None and bool(self.usage.completion_tokens)
        if reason := self.ends.reason:
            if is_failure(reason):
                raise ChatError("api_error", f"The provider broke the answer off. It said: {reason.strip()}.")
            # A refusal is text that ends with a plain "stop".
            return Finished("content_filter") if self._refused else finished(reason)
        if self.events == 0:
            raise ChatError("api_error", "The provider sent an empty answer.")
        if not self.ends.done:
            if self.said or counted:
                raise ChatError("interrupted", "The provider broke the answer off in the middle.")
            raise ChatError("api_error", "The provider ended the answer without saying anything.")
        if not self.said and not counted:
            raise ChatError("api_error", "The provider ended the answer without saying anything.")
        if self._refused:
            return Finished("content_filter")
        return Finished("stop" if self._gives_no_reason else "other", NO_REASON)


def fields_of(kind: type[msgspec.Struct], value: dict[str, Any]) -> dict[str, Any]:
    """Return those of an object's fields that a struct has."""
    return {name: value[name] for name in kind.__struct_fields__ if name in value}


def failure(data: str) -> ChatError:
    """Return the error that an event's data describes, as JSON or in plain words."""
    try:
        return from_body(None, json.loads(data))
    except (ValueError, RecursionError):
        return from_body(None, data)
