"""Decodes Anthropic's streamed messages: server-sent events in, a generation's events out, no I/O.

The format is that of API version 2023-06-01. New kinds of events, blocks and deltas may come any time: they are
skipped.
"""

from typing import Any

import msgspec

from chat.events import ReasoningDelta, TextDelta, ToolCallDelta, Upstream
from chat.providers.base import NOTHING_LEARNT, Learnt
from chat.providers.decoder import Said, StreamDecoder, failure
from chat.providers.faults import from_body, reports_failure
from chat.providers.sse import ServerSentEvent
from chat.providers.tool_calls import index, json_text, text


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


_decode_event = msgspec.json.Decoder(StreamEvent).decode
STRUCTS = {"message": Message, "content_block": Block, "delta": Change}


class MessagesDecoder(StreamDecoder):
    """Decodes one stream; its end mark is `message_stop`.

    `usage` is there from `message_start` on, so that it survives a stream that is cut; its `completion_tokens` are None
    until a `message_delta` counts them, because what `message_start` says about the output is a placeholder.
    """

    def __init__(self, learnt: Learnt = NOTHING_LEARNT) -> None:
        super().__init__(learnt)
        # Blocks of all kinds share one numbering; tool calls have one of their own, from 0.
        self._tool_calls: dict[int | None, int] = {}

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
                    self._finish(told.delta.stop_reason)
            case "message_stop":
                self.done = True
            case kind if kind == "error" or told.error:
                self.failure = failure(event.data)
            case "message" if not told.type and reports_failure(said := self._loose(event.data)):
                # No event of this format, and no type: what a gateway says of itself.
                self.failure = from_body(None, said)
        return []

    def whole(self, answer: dict[str, Any]) -> list[Upstream]:
        content = answer.get("content")
        if answer.get("type", "message") != "message" or not isinstance(content, list):
            return []
        usage = answer.get("usage")
        events: list[dict[str, Any]] = [
            {"type": "content_block_start", "index": number, "content_block": block}
            for number, block in enumerate(content)
        ]
        events.append({"type": "message_delta", "delta": {"stop_reason": answer.get("stop_reason")}, "usage": usage})
        found = self.decode_all(ServerSentEvent(msgspec.json.encode(each).decode()) for each in events)
        self.done = True
        return found

    def _begun(self, block: Block, place: int | None) -> list[Said]:
        """Return what a block holds from the start: normally nothing but the head of a tool call."""
        match block.type:
            case "tool_use":
                call = self._tool_calls[place] = len(self._tool_calls)
                # Some servers send the whole input here and nothing after it.
                return [ToolCallDelta(call, text(block.id), text(block.name), json_text(block.input or None))]
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
            case "input_json_delta" if place in self._tool_calls:
                fragment = json_text(change.partial_json)
                return [ToolCallDelta(self._tool_calls[place], arguments=fragment)] if fragment else []
        return []

    def _words(self, value: Any, kind: type[TextDelta] | type[ReasoningDelta]) -> list[Said]:
        if value and isinstance(value, str):
            return [kind(value)]
        if value:
            self.malformed += 1
        return []

    def _event(self, value: Any) -> StreamEvent:
        """Return an event of another shape than Anthropic's, without the fields that are odd. Raises DecodeError."""
        if not isinstance(value, dict):
            raise msgspec.DecodeError("an event is an object")
        fields: dict[str, Any] = {name: value[name] for name in StreamEvent.__struct_fields__ if name in value}
        for name, kind in STRUCTS.items():
            inner = fields.get(name)
            if isinstance(inner, dict):
                fields[name] = kind(**{each: inner[each] for each in kind.__struct_fields__ if each in inner})
            elif fields.pop(name, None) is not None:
                self.malformed += 1
        return StreamEvent(**fields)
