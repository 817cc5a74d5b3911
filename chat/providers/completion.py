"""Decodes OpenAI's streamed chat completions: server-sent events in, a generation's events out, no I/O.

Tolerant of what servers that call themselves compatible send; wrong is only what would pass a failure as success.
"""

from typing import Any, Final

import msgspec

from chat.errors import ChatError
from chat.events import Delta, Finished, FinishReason, ReasoningDelta, TextDelta, ToolCallDelta, Upstream, Usage
from chat.providers.decoder import StreamDecoder, arguments, count, failure, index, text
from chat.providers.sse import ServerSentEvent

FINISH_REASONS: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


# Fields that servers fill with other types than OpenAI's are Any: one odd field must not cost the whole chunk.
class Message(msgspec.Struct):
    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: Any = None
    tool_calls: Any = None


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
        # For tool calls without an index: the last one, how many there are, and which ids they have.
        self._call = self._calls = 0
        self._call_ids: dict[str, int] = {}

    def _read(self, event: ServerSentEvent) -> list[Delta]:
        if event.data.strip() == "[DONE]":
            self.done = True
            return []
        chunk = _decode_chunk(event.data)
        if chunk.error or event.event == "error" or chunk.object == "error":
            raise failure(event.data)
        if chunk.usage:
            self.usage = _usage(chunk.usage) or self.usage
        if not chunk.choices:
            return []
        choice = chunk.choices[0]
        deltas = self._deltas(choice.delta) if choice.delta else []
        if choice.finish_reason:
            self._finish(text(choice.finish_reason))
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
        calls = message.tool_calls or []
        for call in calls if isinstance(calls, list) else [calls]:
            if isinstance(call, dict):
                deltas.append(self._tool_call(call))
            else:
                self.malformed += 1
        return deltas

    def _tool_call(self, call: dict[str, Any]) -> ToolCallDelta:
        function = call.get("function")
        if not isinstance(function, dict):
            function = {}
        call_id, name = text(call.get("id")), text(function.get("name"))
        place = index(call.get("index"))
        self._call = self._place(call_id, name) if place is None else place
        self._calls = max(self._calls, self._call + 1)
        if call_id:
            self._call_ids.setdefault(call_id, self._call)
        return ToolCallDelta(self._call, call_id, name, arguments(function.get("arguments")))

    def _place(self, call_id: str, name: str) -> int:
        """Return the index of a fragment that has none: a new id begins a call, without any ids a name does."""
        if call_id:
            return self._call_ids.get(call_id, self._calls)
        return self._calls if name and not self._call_ids else self._call


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
        # OpenRouter's.
        cache_write_tokens=count(counts, "cache_write_tokens", "prompt_tokens_details"),
        completion_tokens=count(counts, "completion_tokens"),
        reasoning_tokens=count(counts, "reasoning_tokens", "completion_tokens_details"),
    )
