"""What servers that speak OpenAI's chat completions really send."""

import json
from typing import Any

from chat.events import Finished, ReasoningDelta, TextDelta, ToolCallDelta, Upstream, Usage
from chat.providers.openai.decoder import CompletionDecoder
from tests.providers.decoding import Bodies

DONE = b"data: [DONE]\n\n"


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def delta(**fields: Any) -> bytes:
    return event({"id": "c", "choices": [{"index": 0, "delta": fields, "finish_reason": None}]})


def finish(reason: str | None = "stop") -> bytes:
    return event({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})


def usage(**more: Any) -> dict[str, Any]:
    return {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11} | more


HELLO = delta(content="Hello")
WORLD = delta(content=" wörld 🦉")
ANSWER: list[Upstream] = [TextDelta("Hello"), TextDelta(" wörld 🦉"), Finished("stop")]
REGULAR = HELLO + WORLD + finish() + DONE

SHAPES = {
    "regular": REGULAR,
    "role first": delta(role="assistant", content="") + REGULAR,
    "no [DONE]": HELLO + WORLD + finish(),
    "[DONE] without its blank line": HELLO + WORLD + finish() + b"data: [DONE]\n",
    "[DONE] without any line end": HELLO + WORLD + finish() + b"data: [DONE]",
    "finish on the last text": HELLO
    + event({"choices": [{"delta": {"content": " wörld 🦉"}, "finish_reason": "stop"}]})
    + DONE,
    "no choices before the text": event({"choices": []}) + REGULAR,
    "no choices at all": event({"id": "c"}) + REGULAR,
    "choices null": event({"choices": None}) + REGULAR,
    "empty object": b"data: {}\n\n" + REGULAR,
    "content null": delta(content=None) + REGULAR,
    "delta null": event({"choices": [{"delta": None}]}) + REGULAR,
    "delta missing": event({"choices": [{}]}) + REGULAR,
    "unknown fields": event({"choices": [{"delta": {"x": 1}, "logprobs": {}}], "y": [1]}) + REGULAR,
    "comments and blank events": b": ping\n\n\n\n" + HELLO + b":\n\n" + WORLD + finish() + DONE,
    "CRLF": REGULAR.replace(b"\n", b"\r\n"),
    "CR": REGULAR.replace(b"\n", b"\r"),
    "no space after data:": REGULAR.replace(b"data: ", b"data:"),
    "byte order mark": b"\xef\xbb\xbf" + REGULAR,
    "id, event and retry fields": b"retry: 3000\nid: 1\nevent: message\n" + REGULAR,
    "one JSON over several data lines": HELLO.replace(b', "choices"', b',\ndata: "choices"') + WORLD + finish() + DONE,
    "escaped characters": HELLO + event({"choices": []}) + WORLD.replace("ö".encode(), b"\\u00f6") + finish() + DONE,
    "usage null": event({"choices": [], "usage": None}) + REGULAR,
    "error null": event({"choices": [], "error": None}) + REGULAR,
    "a malformed event": HELLO + b'data: {"choices": [{"delta": {"con\n\n' + WORLD + finish() + DONE,
    "an event of another shape": HELLO + event({"choices": "none"}) + event([1]) + WORLD + finish() + DONE,
    "a call of another shape": HELLO
    + event({"choices": [{"delta": {"content": " wörld 🦉", "tool_calls": [5, None]}}]})
    + finish()
    + DONE,
    "JSON deeper than anybody means it": HELLO + b'data: {"x": ' + b"[" * 10_000 + b"\n\n" + WORLD + finish() + DONE,
    "content in typed parts": delta(content=[{"type": "text", "text": "Hello"}, 5]) + WORLD + finish() + DONE,
}


DETAILED = usage(prompt_tokens_details={"cached_tokens": 4}, completion_tokens_details={"reasoning_tokens": 1})
EVERYTHING = (
    delta(role="assistant", content="")
    + delta(reasoning_content="Hm, ")
    + delta(reasoning_content="señor.")
    + delta(content="One moment.")
    + delta(tool_calls=[{"index": 0, "id": "a", "type": "function", "function": {"name": "time", "arguments": ""}}])
    + delta(tool_calls=[{"index": 0, "function": {"arguments": '{"zone":'}}])
    + delta(tool_calls=[{"index": 0, "function": {"arguments": ' "Österreich"}'}}, {"index": 1, "id": "b"}])
    + finish("tool_calls")
    + event({"choices": [], "usage": DETAILED})
    + DONE
)
EVERYTHING_SAID: list[Upstream] = [
    ReasoningDelta("Hm, "),
    ReasoningDelta("señor."),
    TextDelta("One moment."),
    ToolCallDelta(0, "a", "time", ""),
    ToolCallDelta(0, "", "", '{"zone":'),
    ToolCallDelta(0, "", "", ' "Österreich"}'),
    ToolCallDelta(1, "b", "", ""),
    Usage(9, 4, 2, 1),
    Finished("tool_calls"),
]

CUT = {
    "after text": HELLO,
    "inside an event": HELLO + WORLD[:-12],
    "counted, but without a word": event({"choices": [], "usage": usage()}),
    "with usage but no finish": HELLO + event({"choices": [], "usage": usage()}),
}
SILENT = {
    "nothing": b"",
    "blank lines": b"\n\n",
    "comments": b": ping\n\n: ping\n\n",
    "the end mark": DONE,
    "the role": delta(role="assistant", content=""),
    "no finish reason": finish(None) + DONE,
    "usage of nothing": event({"choices": [], "usage": usage(completion_tokens=0, total_tokens=9)}),
}

ERROR = {"type": "server_error", "message": "the engine died"}
FAILURES = {
    "error object": event({"error": ERROR}),
    "error object, then [DONE]": event({"error": ERROR}) + DONE,
    "error beside choices": event({"error": ERROR, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}),
    "error as text": event({"error": "the engine died"}),
    "top-level error object": event({"object": "error", **ERROR, "code": 500}),
    "error event, top-level message": b"event: error\n" + event(ERROR),
    "error event, error object": b"event: error\n" + event({"error": ERROR}),
    "error event, plain text": b"event: error\ndata: the engine died\n\n",
}


BODIES = Bodies(
    name="openai",
    decoder=CompletionDecoder,
    hello=HELLO,
    shapes=SHAPES,
    answer=ANSWER,
    spoiled={"a malformed event": 1, "an event of another shape": 2, "a call of another shape": 2},
    everything=EVERYTHING,
    everything_said=EVERYTHING_SAID,
    uncounted=REGULAR,
    unexplained=HELLO + WORLD + DONE,
    cut=CUT,
    silent=SILENT,
    failures=FAILURES,
)
