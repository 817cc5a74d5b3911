"""Decodes Anthropic's streamed messages: server-sent events in, a generation's events out, no I/O.

The format is that of API version 2023-06-01. New kinds of events, blocks and deltas may come any time: they are
skipped.
"""

import json
import re
from typing import Any, Final, Literal

import msgspec

from chat.events import ReasoningDelta, TextDelta, Upstream
from chat.providers.base import NOTHING_LEARNT, Learnt
from chat.providers.decoder import MALFORMED, Said, StreamDecoder, failure, fields_of
from chat.providers.errors import from_body, reports_failure
from chat.providers.sse import ServerSentEvent
from chat.providers.tool_calls import ToolCalls, index, json_text, text

# The type of an event that is an error, or of an error without an event around it.
ERROR: Final = re.compile(r"(?:\w+_)?error")


# Fields that servers may fill with other types are Any: one odd field must not cost the whole event.
class Block(msgspec.Struct, gc=False):
    type: Any = ""
    id: Any = None
    name: Any = None
    text: Any = None
    thinking: Any = None
    input: Any = None
    source: Any = None


class Change(msgspec.Struct, gc=False):
    """The delta of a block, or that of the message, which has the stop reason."""

    type: Any = ""
    text: Any = None
    thinking: Any = None
    partial_json: Any = None
    stop_reason: Any = None


class Message(msgspec.Struct, gc=False):
    usage: Any = None


class StreamEvent(msgspec.Struct, gc=False):
    type: Any = ""
    index: Any = None
    message: Message | None = None
    content_block: Block | None = None
    delta: Change | None = None
    usage: Any = None
    error: Any = None


# The same where there is nothing but text: whatever else has a value is an error here.
class PlainChange(msgspec.Struct, gc=False):
    type: Literal["text_delta"]
    text: str


class PlainEvent(msgspec.Struct, gc=False):
    type: Literal["content_block_delta"]
    delta: PlainChange


_decode_event = msgspec.json.Decoder(StreamEvent).decode
_decode_plain = msgspec.json.Decoder(PlainEvent).decode
STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {"message": Message, "content_block": Block, "delta": Change}


class MessagesDecoder(StreamDecoder):
    """Decodes one stream; its end mark is `message_stop`.

    `usage` is there from `message_start` on, so that it survives a stream that is cut; its `completion_tokens` are None
    until a `message_delta` counts them, because what `message_start` says about the output is a placeholder.
    """

    def __init__(self, learnt: Learnt = NOTHING_LEARNT) -> None:
        super().__init__(learnt)
        # Blocks of all kinds share one numbering; tool calls have one of their own.
        self._tool_calls = ToolCalls(numbered=True)
        # Which of the blocks under way are calls.
        self._called: set[int | None] = set()

    def _plain_text(self, event: ServerSentEvent) -> str | None:
        try:
            told = _decode_plain(event.data)
        except MALFORMED:
            return None
        return told.delta.text if event.event != "error" else None

    def _read(self, event: ServerSentEvent) -> list[Said]:
        if event.event == "error":
            self.failure = failure(event.data)
            return []
        try:
            told = _decode_event(event.data)
        except msgspec.DecodeError:
            told = self._event(self._loose(event.data))
        if not isinstance(told.type, str):
            self.malformed += 1
        match told.type or event.event:
            case "content_block_delta" if told.delta:
                return self._changed(told.delta, index(told.index))
            case "content_block_start" if told.content_block:
                return self._begun(told.content_block, index(told.index))
            case "message_start" if told.message:
                self._counts.add(told.message.usage, answer=False)
            case "message_delta":
                self._counts.add(told.usage)
                if told.delta:
                    self.ends.give(told.delta.stop_reason)
            case "message_stop":
                self._counts.add(told.usage)
                self.ends.done = True
            case kind if told.error or (isinstance(kind, str) and ERROR.fullmatch(kind)):
                self.failure = failure(event.data)
            case "message" if told.type:
                return self._answer(self._loose(event.data))
            case _ if event.event == "message" and reports_failure(said := self._loose(event.data)):
                # No event of this format, and without a name: what a gateway says of itself.
                self.failure = from_body(None, said)
        return []

    def whole(self, answer: dict[str, Any]) -> list[Upstream]:
        if answer.get("type", "message") != "message" or not isinstance(answer.get("content"), list):
            return []
        # As if the same had come in one event; it may hold halves of characters.
        return self.decode_all([ServerSentEvent(json.dumps(answer | {"type": "message"}))])

    def _answer(self, answer: dict[str, Any]) -> list[Said]:
        """Return what a whole answer in one event says, where it does not say again what came before it."""
        self._counts.add(answer.get("usage"))
        self.ends.give(answer.get("stop_reason"))
        self.ends.done = True
        content = answer.get("content")
        if self.said or not isinstance(content, list):
            return []
        blocks = ((place, block) for place, block in enumerate(content) if isinstance(block, dict))
        return [said for place, block in blocks for said in self._begun(Block(**fields_of(Block, block)), place)]

    def _begun(self, block: Block, place: int | None) -> list[Said]:
        """Return what a block holds from the start: normally nothing but the head of a tool call."""
        self._called.discard(place)
        match block.type:
            case "tool_use":
                self._called.add(place)
                # Some servers send the whole input here and nothing after it.
                return [self._tool_calls.fragment(place, block.id, block.name, block.input or None)]
            case "text" if said := text(block.text):
                return [TextDelta(said)]
            case "thinking" if thought := text(block.thinking):
                return [ReasoningDelta(thought)]
            case "image":
                return self._picture({"source": block.source})
        return []

    def _changed(self, change: Change, place: int | None) -> list[Said]:
        match change.type:
            case "text_delta":
                return self._words(change.text, TextDelta)
            case "thinking_delta":
                return self._words(change.thinking, ReasoningDelta)
            case None | "":
                # Left out, or null.
                return [*self._words(change.thinking, ReasoningDelta), *self._words(change.text, TextDelta)]
            case "input_json_delta" if place in self._called and (fragment := json_text(change.partial_json)):
                return [self._tool_calls.fragment(place, None, None, fragment)]
        return []

    def _words(self, value: Any, kind: type[TextDelta] | type[ReasoningDelta]) -> list[Said]:
        if value and isinstance(value, str):
            return [kind(value)]
        self._lost(value)
        return []

    def _event(self, value: Any) -> StreamEvent:
        """Return an event of another shape than Anthropic's, without the fields that are odd. Raises DecodeError."""
        if not isinstance(value, dict):
            return StreamEvent("error", error=self._reported(value))
        fields = fields_of(StreamEvent, value)
        for name, kind in STRUCTS.items():
            inner = fields.pop(name, None)
            if isinstance(inner, dict):
                fields[name] = kind(**fields_of(kind, inner))
            elif kind is not Message:
                # A message of another kind has no words of the answer: an error's are its `message`.
                self._lost(inner)
        return StreamEvent(**fields)
