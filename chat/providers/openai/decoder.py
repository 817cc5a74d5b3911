"""Decodes OpenAI's streamed chat completions: server-sent events in, a generation's events out, no I/O.

Tolerant of what servers that call themselves compatible send; wrong is only what would pass a failure as success.
"""

import json
from typing import Any, Final, Literal

import msgspec

from chat.events import ReasoningDelta, TextDelta, Upstream
from chat.providers.base import NOTHING_LEARNT, Learnt
from chat.providers.decoder import MALFORMED, Said, StreamDecoder, failure, fields_of
from chat.providers.errors import from_body, is_failed, reports_failure
from chat.providers.sse import ServerSentEvent
from chat.providers.tool_calls import ToolCalls, text

# Fields that hold thoughts: only the first that does is read, since some servers send one thought in two of them.
THOUGHTS: Final = ("reasoning_content", "reasoning", "thinking", "reasoning_text")


# Fields that servers fill with other types than OpenAI's are Any: one odd field must not cost the whole chunk.
class Message(msgspec.Struct, gc=False):
    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    thinking: Any = None
    reasoning_text: Any = None
    reasoning_details: Any = None
    refusal: Any = None
    tool_calls: Any = None
    function_call: Any = None
    images: Any = None
    audio: Any = None


class Choice(msgspec.Struct, gc=False):
    delta: Message | None = None
    message: Any = None
    finish_reason: Any = None
    usage: Any = None
    error: Any = None


class Chunk(msgspec.Struct, gc=False):
    choices: list[Choice] | None = None
    usage: Any = None
    service_tier: Any = None
    x_groq: Any = None
    error: Any = None
    base_resp: Any = None
    object: Any = None


# The same where there is nothing but text: whatever else has a value is an error here.
class PlainMessage(msgspec.Struct, gc=False):
    content: str
    reasoning_content: None = None
    reasoning: None = None
    thinking: None = None
    reasoning_text: None = None
    reasoning_details: None = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None
    images: None = None
    audio: None = None


class PlainChoice(msgspec.Struct, gc=False):
    delta: PlainMessage
    finish_reason: None = None
    usage: None = None
    error: None = None


class PlainChunk(msgspec.Struct, gc=False):
    choices: tuple[PlainChoice]
    usage: None = None
    service_tier: str | None = None
    x_groq: None = None
    error: None = None
    base_resp: None = None
    object: Literal["chat.completion.chunk"] | None = None


_decode_chunk = msgspec.json.Decoder(Chunk).decode
_decode_plain = msgspec.json.Decoder(PlainChunk).decode


class CompletionDecoder(StreamDecoder):
    """Decodes one stream; its end mark is [DONE]."""

    def __init__(self, learnt: Learnt = NOTHING_LEARNT) -> None:
        super().__init__(learnt)
        self._tool_calls = ToolCalls()
        self._tier: Any = None

    def _plain_text(self, event: ServerSentEvent) -> str | None:
        try:
            chunk = _decode_plain(event.data)
        except MALFORMED:
            return None
        if chunk.service_tier != self._tier or event.event == "error":
            return None
        return chunk.choices[0].delta.content

    def _read(self, event: ServerSentEvent) -> list[Said]:
        data = event.data
        if data[:1] != "{" and data.strip() == "[DONE]":
            self.ends.done = True
            return []
        try:
            chunk = _decode_chunk(data)
        except msgspec.DecodeError:
            chunk = self._chunk(self._loose(data))
        if (
            chunk.error
            or event.event == "error"
            or chunk.object == "error"
            or (chunk.base_resp and is_failed(chunk.base_resp))
        ):
            self.failure = failure(data)
        elif chunk.choices is None and reports_failure(told := self._loose(data)):
            self.failure = from_body(None, told)
        if chunk.usage or chunk.service_tier or chunk.x_groq:
            self._count(chunk)
        return self._choice(chunk.choices[0]) if chunk.choices else []

    def whole(self, answer: dict[str, Any]) -> list[Upstream]:
        choices = answer.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(first, dict) or not isinstance(first.get("message"), dict):
            return []
        # As if the same had come in one event; it may hold halves of characters.
        found = self.decode_all([ServerSentEvent(json.dumps(answer))])
        self.ends.done = True
        return found

    def _count(self, chunk: Chunk) -> None:
        self._tier = chunk.service_tier
        self._counts.note("service_tier", chunk.service_tier)
        if isinstance(chunk.x_groq, dict):
            self._counts.add(chunk.x_groq.get("usage"))
            self._reported_inside(chunk.x_groq.get("error"))
        self._counts.add(chunk.usage)

    def _choice(self, choice: Choice) -> list[Said]:
        if choice.usage:
            # Moonshot's place.
            self._counts.add(choice.usage)
        self._reported_inside(choice.error)
        if choice.finish_reason:
            self.ends.give(choice.finish_reason)
        if choice.delta:
            return self._message(choice.delta)
        if isinstance(choice.message, dict) and not self.said:
            # A whole answer in one event; beside deltas it is what was said already.
            return self._message(Message(**fields_of(Message, choice.message)))
        return []

    def _reported_inside(self, error: Any) -> None:
        if error and self.failure is None:
            self.failure = from_body(None, error)

    def _message(self, message: Message) -> list[Said]:
        content = message.content
        found: list[Said] = []
        if (
            message.reasoning_content
            or message.reasoning
            or message.thinking
            or message.reasoning_text
            or message.reasoning_details
        ) and (thought := _thought(message)):
            found.append(ReasoningDelta(thought))
        if content:
            if isinstance(content, str):
                found.append(TextDelta(content))
            else:
                found += self._content(content)
        if message.refusal and isinstance(message.refusal, str):
            self._refused = True
            found.append(TextDelta(message.refusal))
        if message.tool_calls:
            found += self._called(message.tool_calls)
        if message.function_call:
            found += self._called([{"index": 0, "function": message.function_call}])
        if message.images:
            found += self._pictured(message.images)
        if isinstance(message.audio, dict) and (transcript := text(message.audio.get("transcript"))):
            found.append(TextDelta(transcript))
        return found

    def _content(self, content: Any) -> list[Said]:
        """Decode content that comes as typed parts: text, thinking with text parts of its own (Mistral), pictures."""
        if isinstance(content, dict):
            content = [content]
        if not isinstance(content, list):
            self.malformed += 1
            return []
        found: list[Said] = []
        for part in content:
            if isinstance(part, str):
                part = {"text": part}
            if not isinstance(part, dict):
                self._lost(part)
                continue
            is_thought = text(part.get("type")).startswith(("thinking", "reasoning"))
            if said := text(part.get("text")):
                found.append(ReasoningDelta(said) if is_thought else TextDelta(said))
            else:
                self._lost(part.get("text"))
            if refusal := text(part.get("refusal")):
                self._refused = True
                found.append(TextDelta(refusal))
            thinking = part.get("thinking")
            if isinstance(thinking, list):
                inner = self._content(thinking)
                found += [ReasoningDelta(each.content) for each in inner if isinstance(each, TextDelta)]
            elif thought := text(thinking):
                found.append(ReasoningDelta(thought))
            if "text" not in part and thinking is None:
                found += self._picture(part, surely="image" in text(part.get("type")))
        return found

    def _called(self, calls: Any) -> list[Said]:
        found: list[Said] = []
        for call in calls if isinstance(calls, list) else [calls]:
            if not isinstance(call, dict):
                self.malformed += 1
                continue
            function = call.get("function")
            if not isinstance(function, dict):
                function = {}
            found.append(
                self._tool_calls.fragment(
                    call.get("index"), call.get("id"), function.get("name"), function.get("arguments")
                )
            )
        return found

    def _pictured(self, images: Any) -> list[Said]:
        return [found for image in (images if isinstance(images, list) else [images]) for found in self._picture(image)]

    def _chunk(self, value: Any) -> Chunk:
        """Return a chunk of another shape than OpenAI's, without the fields that are odd. Raises DecodeError."""
        if not isinstance(value, dict):
            return Chunk(error=self._reported(value))
        choices = value.get("choices")
        found = []
        for choice in choices if isinstance(choices, list) else [choices]:
            if isinstance(choice, dict):
                delta = choice.get("delta")
                message = Message(**fields_of(Message, delta)) if isinstance(delta, dict) else None
                found.append(Choice(**{**fields_of(Choice, choice), "delta": message}))
                choice = None if message else delta
            self._lost(choice)
        chunk = Chunk(**{**fields_of(Chunk, value), "choices": None})
        chunk.choices = None if choices is None else found
        return chunk


def _thought(message: Message) -> str:
    """Return the thought that a message holds; empty where it holds none."""
    thought = message.reasoning_content or message.reasoning or message.thinking or message.reasoning_text
    if isinstance(thought, str):
        return thought
    if thought:
        fields = (getattr(message, name) for name in THOUGHTS)
        return next((field for field in fields if field and isinstance(field, str)), "")
    return _details(message.reasoning_details) if message.reasoning_details else ""


def _details(details: Any) -> str:
    """Return the words of OpenRouter's `reasoning_details`: summaries and text, nothing that is encrypted."""
    parts = [part for part in details if isinstance(part, dict)] if isinstance(details, list) else []
    return "".join(text(part.get("summary")) or text(part.get("text")) for part in parts)
