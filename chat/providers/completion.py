"""Decodes OpenAI's streamed chat completions: server-sent events in, a generation's events out, no I/O.

Tolerant of what servers that call themselves compatible send; wrong is only what would pass a failure as success.
"""

from typing import Any, Final

import msgspec

from chat.errors import ChatError
from chat.events import Delta, Finished, FinishReason, ReasoningDelta, TextDelta, ToolCallDelta, Upstream, Usage
from chat.providers.decoder import StreamDecoder, count, failure
from chat.providers.sse import ServerSentEvent

FINISH_REASONS: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


# Fields that servers fill with other types than OpenAI's are Any: one odd field must not cost the whole chunk.
class Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class ToolCall(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Message(msgspec.Struct):
    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: Any = None
    tool_calls: list[ToolCall] | None = None


class Choice(msgspec.Struct):
    delta: Message | None = None
    finish_reason: Any = None


class Chunk(msgspec.Struct):
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None
    object: Any = None


_decode_chunk = msgspec.json.Decoder(Chunk).decode


class CompletionDecoder(StreamDecoder):
    """Decodes one stream; its end mark is [DONE]."""

    def __init__(self) -> None:
        super().__init__()
        self._refused = False

    def decode(self, event: ServerSentEvent) -> list[Delta]:
        self.events += 1
        if event.data.strip() == "[DONE]":
            self.done = True
            return []
        try:
            chunk = _decode_chunk(event.data)
        except (msgspec.DecodeError, UnicodeError):
            if event.event == "error":
                raise failure(event.data) from None
            self.malformed += 1
            return []
        if chunk.error or event.event == "error" or chunk.object == "error":
            raise failure(event.data)
        if chunk.usage:
            self.usage = _usage(chunk.usage)
        if not chunk.choices:
            return []
        choice = chunk.choices[0]
        deltas = self._deltas(choice.delta) if choice.delta else []
        if choice.finish_reason:
            self._finish(str(choice.finish_reason))
        self.said = self.said or bool(deltas)
        return deltas

    def end(self) -> list[Upstream]:
        events = super().end()
        # A refusal is text that ends with a plain "stop".
        return [*events[:-1], Finished("content_filter")] if self._refused else events

    def _finish(self, word: str) -> None:
        if word == "error":
            raise ChatError("api_error", "The provider broke the answer off with an error.")
        self.finish_reason = FINISH_REASONS.get(word, "stop")

    def _deltas(self, message: Message) -> list[Delta]:
        deltas: list[Delta] = []
        if (thought := message.reasoning_content or message.reasoning) and isinstance(thought, str):
            deltas.append(ReasoningDelta(thought))
        if (content := message.content) and isinstance(content, str):
            deltas.append(TextDelta(content))
        elif isinstance(content, list):
            deltas += _parts(content)
        if message.refusal and isinstance(message.refusal, str):
            self._refused = True
            deltas.append(TextDelta(message.refusal))
        for position, call in enumerate(message.tool_calls or ()):
            function = call.function or Function()
            index = position if call.index is None else call.index
            deltas.append(ToolCallDelta(index, call.id or "", function.name or "", function.arguments or ""))
        return deltas


def _parts(content: list[Any]) -> list[Delta]:
    """Decode content that comes as typed parts (Mistral): text, and thinking with text parts of its own."""
    deltas: list[Delta] = []
    for part in content:
        if not isinstance(part, dict):
            continue
        if isinstance(text := part.get("text"), str) and text:
            deltas.append(TextDelta(text))
        if isinstance(thinking := part.get("thinking"), list):
            deltas += [ReasoningDelta(inner.content) for inner in _parts(thinking) if isinstance(inner, TextDelta)]
    return deltas


def _usage(counts: Any) -> Usage | None:
    if not isinstance(counts, dict):
        return None
    return Usage(
        prompt_tokens=count(counts, "prompt_tokens"),
        cached_tokens=count(counts, "cached_tokens", "prompt_tokens_details"),
        completion_tokens=count(counts, "completion_tokens"),
        reasoning_tokens=count(counts, "reasoning_tokens", "completion_tokens_details"),
    )
