"""OpenAI's wire format for a script: chat completions, streamed and whole, and the model list."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tests.harness.upstream.script import Script, ToolFragment, prompt_tokens

Json = dict[str, Any]
PING = b": ping\n\n"
MALFORMED = b'data: {"choices": [{"delta": {"content": \n\n'


def frames(script: Script, body: Json) -> Iterator[bytes | None]:
    """Yield the body's events. None says that a piece comes next: now is the time to wait for it."""
    text, finish_reason = script.pieces(body.get("max_tokens") or body.get("max_completion_tokens"))
    pieces: list[Json] = [{script.reasoning_field: piece} for piece in script.reasoning]
    pieces += [{"tool_calls": [_fragment(part)]} for part in script.tool_calls]
    pieces += [{"content": piece} for piece in text]

    def chunk(choices: list[Json], **more: Any) -> bytes:
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body.get("model")}
        counted = more.pop("usage", None)
        if counted is None or script.usage_place == "usage":
            more |= {"usage": counted} if counted else {}
        elif script.usage_place == "choice":
            choices = [(choices[0] if choices else _choice({})) | {"usage": counted}, *choices[1:]]
        else:
            more["x_groq"] = {"id": "req_1", "usage": counted}
        return event(head | script.head_json | {"choices": choices} | more)

    def spent(sent: int) -> Json:
        return usage(script, body, sent)

    every = script.usage == "every"
    first = script.start_json or (spent(0) if every else None)
    yield chunk([_choice({"role": "assistant", "content": ""})], usage=first)
    for sent, delta in enumerate(pieces, start=1):
        yield None
        stamped = script.stamps and "content" in delta
        said = {"content": f"{time.monotonic():.6f} "} if stamped else delta
        yield chunk([_choice(said)], **({"usage": spent(sent)} if every else {}))
    if finish_reason is not None:
        last = {"usage": spent(len(pieces))} if every or script.usage == "last" else {}
        yield chunk([_choice({}, finish_reason)], **last)
    if script.usage == "chunk" and (body.get("stream_options") or {}).get("include_usage"):
        yield chunk([], usage=spent(len(pieces)))
    if script.done:
        yield b"data: [DONE]\n\n"


def whole(script: Script, body: Json) -> Json:
    """Return the answer to a request that does not stream."""
    text, finish_reason = script.pieces(body.get("max_tokens") or body.get("max_completion_tokens"))
    message: Json = {"role": "assistant", "content": "".join(text)}
    if script.reasoning:
        message[script.reasoning_field] = "".join(script.reasoning)
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
    }
    return (
        answer if script.usage == "off" else answer | {"usage": usage(script, body, len(text) + len(script.reasoning))}
    )


def model_list(names: Iterable[str]) -> Json:
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": "upstream"} for name in names]}


def error(script: Script) -> Json:
    return {"error": {"type": script.error_type, "code": script.error_code, "message": script.error_message}}


def error_data(script: Script) -> bytes:
    return event(error(script))


def error_event(script: Script) -> bytes:
    words = {"type": script.error_type, "code": script.error_code, "message": script.error_message}
    return b"event: error\n" + event(words)


def event(value: Json) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def usage(script: Script, body: Json, sent: int) -> Json:
    """Return what a request has used once `sent` pieces are out; each piece is a token."""
    if script.usage_json is not None:
        return script.usage_json
    prompt = prompt_tokens(script, body)
    hidden = script.thought(body.get("max_tokens") or body.get("max_completion_tokens"))
    return {
        "prompt_tokens": prompt,
        "completion_tokens": sent + hidden,
        "total_tokens": prompt + sent + hidden,
        "prompt_tokens_details": {"cached_tokens": script.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": min(sent, len(script.reasoning)) + hidden},
    }


def _choice(delta: Json, finish_reason: str | None = None) -> Json:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


def _fragment(part: ToolFragment) -> Json:
    function = {"arguments": part.arguments} | ({"name": part.name} if part.name else {})
    return {"index": part.index, "function": function} | ({"id": part.id, "type": "function"} if part.id else {})
