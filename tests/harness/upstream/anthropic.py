"""Anthropic's wire format for a script: messages, streamed and whole, and the model list."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tests.harness.upstream.script import Script, ToolFragment, prompt_tokens

Json = dict[str, Any]
STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}

EMPTY: dict[str, Json] = {
    "text": {"text": ""},
    "thinking": {"thinking": "", "signature": ""},
    "tool_use": {"input": {}},
}


def event(value: Json) -> bytes:
    return f"event: {value['type']}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


PING = event({"type": "ping"})
MALFORMED = b'event: content_block_delta\ndata: {"type": "content_block_delta", "delta": {"text": \n\n'


def frames(script: Script, body: Json) -> Iterator[bytes | None]:
    """Yield the body's events. None says that a piece comes next: now is the time to wait for it."""
    text, finish_reason = script.pieces(body.get("max_tokens"))
    blocks = Blocks()
    message: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": body.get("model"), "content": []}
    if script.usage != "off":
        message["usage"] = script.start_json or input_usage(script, body) | {"output_tokens": 1}
    yield event({"type": "message_start", "message": message}) + PING
    pieces: list[str | ToolFragment] = [*script.reasoning, *script.tool_calls, *text]
    for sent, piece in enumerate(pieces, start=1):
        yield None
        if isinstance(piece, ToolFragment):
            out = blocks.tool(piece)
        elif sent <= len(script.reasoning):
            out = blocks.open("thinking") + blocks.delta({"type": "thinking_delta", "thinking": piece})
        else:
            said = f"{time.monotonic():.6f} " if script.stamps else piece
            out = blocks.open("text") + blocks.delta({"type": "text_delta", "text": said})
        yield out + (message_delta(script, None, sent) if script.usage == "every" else b"")
    if closed := blocks.close():
        yield closed
    stop_reason = None if finish_reason is None else STOP_REASONS.get(finish_reason, finish_reason)
    if stop_reason is not None or script.usage != "off":
        yield message_delta(script, stop_reason, len(pieces))
    if script.done:
        yield event({"type": "message_stop"})


class Blocks:
    """The content blocks of one answer: one is open at a time, each has a number."""

    def __init__(self) -> None:
        self._index = -1
        self._kind: str | None = None
        self._tools: dict[int, int] = {}

    def open(self, kind: str, **head: Any) -> bytes:
        """Begin a block; a text or thinking block that is open already stays."""
        if kind == self._kind and not head:
            return b""
        before = self.close()
        self._index += 1
        self._kind = kind
        empty: Json = EMPTY[kind]
        block = {"type": kind, **head, **empty}
        return before + event({"type": "content_block_start", "index": self._index, "content_block": block})

    def tool(self, part: ToolFragment) -> bytes:
        """Send a tool fragment; the first one of its index begins a block."""
        begun = b""
        if part.index not in self._tools:
            begun = self.open("tool_use", id=part.id, name=part.name)
            self._tools[part.index] = self._index
        if not part.arguments:
            return begun
        return begun + self.delta({"type": "input_json_delta", "partial_json": part.arguments}, self._tools[part.index])

    def delta(self, delta: Json, index: int | None = None) -> bytes:
        return event({"type": "content_block_delta", "index": self._index if index is None else index, "delta": delta})

    def close(self) -> bytes:
        if self._kind is None:
            return b""
        signed = self.delta({"type": "signature_delta", "signature": "c2ln"}) if self._kind == "thinking" else b""
        self._kind = None
        return signed + event({"type": "content_block_stop", "index": self._index})


def whole(script: Script, body: Json) -> Json:
    """Return the answer to a request that does not stream."""
    text, finish_reason = script.pieces(body.get("max_tokens"))
    content: list[Json] = [{"type": "thinking", "thinking": "".join(script.reasoning)}] if script.reasoning else []
    usage = script.start_json or input_usage(script, body)
    usage |= script.usage_json or {"output_tokens": len(text) + len(script.reasoning)}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "content": [*content, {"type": "text", "text": "".join(text)}],
        "stop_reason": STOP_REASONS.get(finish_reason or "", finish_reason),
    } | ({} if script.usage == "off" else {"usage": usage})


def message_delta(script: Script, stop_reason: str | None, sent: int) -> bytes:
    thought = {"output_tokens_details": {"thinking_tokens": min(sent, len(script.reasoning))}}
    counted = script.usage_json or {"output_tokens": sent} | thought
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return event({"type": "message_delta", "delta": delta} | ({} if script.usage == "off" else {"usage": counted}))


def input_usage(script: Script, body: Json) -> Json:
    """Return the counts of the input; what came from the cache is beside `input_tokens`, not in it."""
    read, written, hour = script.cached_tokens, script.written_tokens, script.hour_tokens
    lifetimes = {"ephemeral_5m_input_tokens": written - hour, "ephemeral_1h_input_tokens": hour}
    return {
        "input_tokens": prompt_tokens(script, body) - read - written,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
    } | ({"cache_creation": lifetimes} if written else {})


def model_list(names: Iterable[str]) -> Json:
    data = [{"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"} for name in names]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"data": data, "has_more": False} | ends


def error(script: Script) -> Json:
    return {"type": "error", "error": {"type": script.error_type, "message": script.error_message}, "request_id": "r1"}


def error_data(script: Script) -> bytes:
    return event(error(script))


def error_event(script: Script) -> bytes:
    words = {"type": script.error_type, "message": script.error_message}
    return b"event: error\ndata: " + json.dumps(words).encode() + b"\n\n"
