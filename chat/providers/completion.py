"""Decodes OpenAI's streamed chat completions: server-sent events in, a generation's events out, no I/O.

Tolerant of what servers that call themselves compatible send; wrong is only what would pass a failure as success.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from chat.errors import ChatError, masked
from chat.events import Delta, Finished, FinishReason, ReasoningDelta, TextDelta, ToolCallDelta, Upstream, Usage
from chat.providers.faults import from_body, refused
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


class CompletionDecoder:
    """Decodes one stream.

    `done`: [DONE] was seen. `finish_reason`: None until the server named one. `said`: a delta was decoded. `usage`: the
    last count so far. `failure`: what the server reported instead of going on. `events` and `malformed`: how many
    events came, and how many of them were skipped.
    """

    def __init__(self) -> None:
        self.done = False
        self.finish_reason: FinishReason | None = None
        self.said = False
        self.usage: Usage | None = None
        self.failure: ChatError | None = None
        self.events = 0
        self.malformed = 0
        self._refused = False

    @property
    def ending(self) -> bool:
        """Nothing but the usage and the end of the body is still to come."""
        return self.done or self.finish_reason is not None

    def decode_all(self, events: Iterable[ServerSentEvent]) -> list[Delta]:
        """Return what `events` add to the answer, up to the one that sets `failure`."""
        deltas: list[Delta] = []
        try:
            for event in events:
                deltas += self.decode(event)
        except ChatError as error:
            # Raised here, it would take the words that came in the same read with it.
            self.failure = error
        return deltas

    def decode(self, event: ServerSentEvent) -> list[Delta]:
        """Return what `event` adds to the answer. Raises ChatError when it says that the provider failed."""
        self.events += 1
        if event.data.strip() == "[DONE]":
            self.done = True
            return []
        try:
            chunk = _decode_chunk(event.data)
        except (msgspec.DecodeError, UnicodeError):
            if event.event == "error":
                raise _failure(event.data) from None
            self.malformed += 1
            return []
        if chunk.error or event.event == "error" or chunk.object == "error":
            raise _failure(event.data)
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
        """Return the last events, `Usage` if known and `Finished`, once [DONE] or the end of the body was seen.

        Raises ChatError when that was no regular end. Servers that send [DONE] but never a finish reason are taken
        at their word, if they said anything.
        """
        if self.failure is not None:
            raise self.failure
        if self.events == 0:
            raise ChatError("api_error", "The provider sent an empty answer.")
        if self.finish_reason is None:
            if not self.done:
                where = "in the middle" if self.said else "before its first word"
                raise ChatError("interrupted", f"The provider broke the answer off {where}.")
            if not self.said:
                raise ChatError("api_error", "The provider ended the answer without saying anything.")
        finished = Finished("content_filter" if self._refused else self.finish_reason or "stop")
        return [self.usage, finished] if self.usage else [finished]

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


def not_a_stream(body: bytes) -> ChatError:
    """Return the error for an HTTP 200 whose `body`, or the beginning of it, held no event."""
    text = body.decode("utf-8", "replace").strip()
    if not text or all(line.startswith(":") for line in text.splitlines() if line):
        return ChatError("api_error", "The provider sent an empty answer.")
    if text.startswith("<"):
        return refused("The provider answered with a web page. Check its address; it usually ends in /v1.")
    try:
        answer = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return ChatError(
            "api_error", f"The provider answered with something that is no stream: {masked(text, limit=120)}"
        )
    if isinstance(answer, dict) and (answer.get("error") or answer.get("message")):
        return from_body(None, answer)
    return refused("The provider answered with JSON instead of a stream. Can it stream?")


def _failure(data: str) -> ChatError:
    try:
        return from_body(None, msgspec.json.decode(data))
    except msgspec.DecodeError:
        return from_body(None, data)


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

    def count(name: str, inside: str | None = None) -> int | None:
        holder = counts if inside is None else counts.get(inside)
        value = holder.get(name) if isinstance(holder, dict) else None
        return int(value) if isinstance(value, int | float) and value >= 0 else None

    return Usage(
        prompt_tokens=count("prompt_tokens"),
        cached_tokens=count("cached_tokens", "prompt_tokens_details"),
        completion_tokens=count("completion_tokens"),
        reasoning_tokens=count("reasoning_tokens", "completion_tokens_details"),
    )
