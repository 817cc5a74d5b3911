"""Decodes Anthropic's streamed messages: server-sent events in, a generation's events out, no I/O.

The format is that of API version 2023-06-01. New kinds of events, blocks and deltas may come any time: they are
skipped.
"""

from typing import Any, Final

import msgspec

from chat.events import Delta, FinishReason, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from chat.providers.decoder import StreamDecoder, arguments, count, failure, index, text
from chat.providers.sse import ServerSentEvent

FINISH_REASONS: Final[dict[str, FinishReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
INPUT_COUNTS: Final = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
# Parts of other counts, each within an object of its own.
INNER_COUNTS: Final = (("thinking_tokens", "output_tokens_details"), ("ephemeral_1h_input_tokens", "cache_creation"))


# Fields that servers may fill with other types are Any: one odd field must not cost the whole event.
class Block(msgspec.Struct):
    type: str = ""
    id: Any = None
    name: Any = None
    text: Any = None
    thinking: Any = None
    input: Any = None


class Change(msgspec.Struct):
    """The delta of a block, or that of the message, which has the stop reason."""

    type: str = ""
    text: Any = None
    thinking: Any = None
    partial_json: Any = None
    stop_reason: Any = None


class Message(msgspec.Struct):
    usage: Any = None


class StreamEvent(msgspec.Struct):
    type: str = ""
    index: Any = None
    message: Message | None = None
    content_block: Block | None = None
    delta: Change | None = None
    usage: Any = None
    error: Any = None


_decode_event = msgspec.json.Decoder(StreamEvent).decode


class MessagesDecoder(StreamDecoder):
    """Decodes one stream; its end mark is `message_stop`.

    `usage` is there from `message_start` on, so that it survives a stream that is cut; its `completion_tokens` are None
    until a `message_delta` counts them, because what `message_start` says about the output is a placeholder.
    """

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str, int] = {}
        # Blocks of all kinds share one numbering; tool calls have one of their own, from 0.
        self._tool_calls: dict[int | None, int] = {}

    def _read(self, event: ServerSentEvent) -> list[Delta]:
        told = _decode_event(event.data)
        match told.type or event.event:
            case "content_block_delta" if told.delta:
                return self._changed(told.delta, index(told.index))
            case "content_block_start" if told.content_block:
                return self._begun(told.content_block, index(told.index))
            case "message_start" if told.message:
                self._count(told.message.usage, *INPUT_COUNTS)
            case "message_delta":
                self._count(told.usage, *INPUT_COUNTS, "output_tokens")
                if told.delta and told.delta.stop_reason:
                    self.finish_reason = FINISH_REASONS.get(text(told.delta.stop_reason), "stop")
            case "message_stop":
                self.done = True
            case kind if kind == "error" or event.event == "error" or told.error:
                raise failure(event.data)
        return []

    def _begun(self, block: Block, place: int | None) -> list[Delta]:
        """Return what a block holds from the start: normally nothing but the head of a tool call."""
        if block.type == "tool_use":
            call = self._tool_calls[place] = len(self._tool_calls)
            # Some servers send the whole input here and nothing after it.
            return [ToolCallDelta(call, text(block.id), text(block.name), arguments(block.input or None))]
        if block.type == "text" and (said := text(block.text)):
            return [TextDelta(said)]
        if block.type == "thinking" and (thought := text(block.thinking)):
            return [ReasoningDelta(thought)]
        return []

    def _changed(self, change: Change, place: int | None) -> list[Delta]:
        match change.type:
            case "text_delta" if said := text(change.text):
                return [TextDelta(said)]
            case "thinking_delta" if thought := text(change.thinking):
                return [ReasoningDelta(thought)]
            case "input_json_delta" if (fragment := arguments(change.partial_json)) and place in self._tool_calls:
                return [ToolCallDelta(self._tool_calls[place], arguments=fragment)]
        return []

    def _count(self, counts: Any, *names: str) -> None:
        """Take in an event's counts. They are cumulative, and where one is left out or 0 the earlier one holds."""
        for name in names:
            if (tokens := count(counts, name)) is not None:
                self._counts[name] = max(tokens, self._counts.get(name, 0))
        for name, holder in INNER_COUNTS:
            if (tokens := count(counts, name, holder)) is not None:
                self._counts[name] = tokens
        if not self._counts:
            return
        known = self._counts.get
        self.usage = Usage(
            # Anthropic counts what went through its cache beside `input_tokens`, not in it.
            prompt_tokens=sum(known(name, 0) for name in INPUT_COUNTS) if "input_tokens" in self._counts else None,
            cached_tokens=known("cache_read_input_tokens"),
            completion_tokens=known("output_tokens"),
            reasoning_tokens=known("thinking_tokens"),
            cache_write_tokens=known("cache_creation_input_tokens"),
            long_cache_write_tokens=known("ephemeral_1h_input_tokens"),
        )
