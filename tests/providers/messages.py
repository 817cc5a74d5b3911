"""What servers that speak Anthropic's messages send."""

import json
from typing import Any

from chat.events import Finished, ReasoningDelta, TextDelta, ToolCallDelta, Upstream, Usage
from chat.providers.anthropic.decoder import MessagesDecoder
from tests.providers.decoding import Bodies


def event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind} | fields, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def started(**usage: Any) -> bytes:
    counts = {"input_tokens": 9, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "usage": counts | usage}
    return event("message_start", message=message)


def block(kind: str, index: int = 0, **fields: Any) -> bytes:
    return event("content_block_start", index=index, content_block={"type": kind} | fields)


def delta(kind: str, index: int = 0, **fields: Any) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind} | fields)


def stopped(reason: str | None = "end_turn", **usage: Any) -> bytes:
    return event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)


PING = event("ping")
STOP = event("message_stop")
CLOSE = event("content_block_stop", index=0)
HELLO = delta("text_delta", text="Hello")
WORLD = delta("text_delta", text=" wörld 🦉")
TEXT = block("text", text="") + HELLO + WORLD + CLOSE
REGULAR = started() + PING + TEXT + stopped(output_tokens=3) + STOP
ANSWER: list[Upstream] = [TextDelta("Hello"), TextDelta(" wörld 🦉"), Usage(15, 4, 3, None, 2), Finished("stop")]

SHAPES = {
    "regular": REGULAR,
    "pings everywhere": PING + REGULAR.replace(b"event: content", PING + b"event: content") + PING,
    "no message_stop": REGULAR.removesuffix(STOP),
    "message_stop without its blank line": REGULAR.rstrip(),
    "no event fields": b"".join(line for line in REGULAR.splitlines(True) if not line.startswith(b"event:")),
    "types in the event field only": REGULAR.replace(b'{"type": "content_block_delta", ', b"{"),
    "CRLF": REGULAR.replace(b"\n", b"\r\n"),
    "no space after data:": REGULAR.replace(b"data: ", b"data:"),
    "byte order mark and comments": b"\xef\xbb\xbf: hello\n\n" + REGULAR,
    "escaped characters": REGULAR.replace("ö".encode(), b"\\u00f6"),
    "an unknown event": REGULAR.replace(CLOSE, event("content_block_sparkle", index=0, sparkle=[1]) + CLOSE),
    "an unknown block": REGULAR.replace(CLOSE, CLOSE + block("hologram", 7, text="no", input={"a": 1})),
    "an unknown delta": REGULAR.replace(CLOSE, delta("citations_delta", citation={"x": 1}, text="no") + CLOSE),
    "a signature": REGULAR.replace(CLOSE, delta("signature_delta", signature="c2ln") + CLOSE),
    "input of a tool that is not ours": REGULAR.replace(
        CLOSE, block("server_tool_use", 3, id="s", name="x") + delta("input_json_delta", 3, partial_json="{}") + CLOSE
    ),
    "malformed events": REGULAR.replace(CLOSE, b"event: content_block_delta\ndata: {oops\n\n" + CLOSE),
    "events of other shapes": REGULAR.replace(CLOSE, b'data: 5\n\ndata: [1]\n\ndata: {"type": 7}\n\n' + CLOSE),
    "JSON deeper than anybody means it": REGULAR.replace(CLOSE, b'data: {"x": ' + b"[" * 10_000 + b"\n\n" + CLOSE),
    "nothing inside": REGULAR.replace(
        CLOSE, event("content_block_delta") + event("content_block_start") + event("message_delta") + CLOSE
    ),
    "null inside": REGULAR.replace(CLOSE, event("content_block_delta", index=None, delta=None, error=None) + CLOSE),
    "odd values": REGULAR.replace(
        CLOSE,
        delta("text_delta", text=5) + delta("thinking_delta") + delta("input_json_delta", partial_json=[]) + CLOSE,
    ),
    "text in the block's head": REGULAR.replace(block("text", text="") + HELLO, block("text", text="Hello")),
}


EVERYTHING = (
    started()
    + block("thinking", 0, thinking="", signature="")
    + delta("thinking_delta", 0, thinking="Hm, ")
    + delta("thinking_delta", 0, thinking="señor.")
    + delta("signature_delta", 0, signature="c2ln")
    + event("content_block_stop", index=0)
    + block("redacted_thinking", 1, data="xyz")
    + block("text", 2, text="")
    + delta("text_delta", 2, text="One moment.")
    + block("tool_use", 3, id="a", name="time", input={})
    + delta("input_json_delta", 3, partial_json="")
    + delta("input_json_delta", 3, partial_json='{"zone":')
    + delta("input_json_delta", 3, partial_json=' "Österreich"}')
    + block("tool_use", 5, id="b", name="date", input={})
    + delta("input_json_delta", 5, partial_json="{}")
    + stopped("tool_use", output_tokens=20, output_tokens_details={"thinking_tokens": 7})
    + STOP
)
EVERYTHING_SAID: list[Upstream] = [
    ReasoningDelta("Hm, "),
    ReasoningDelta("señor."),
    TextDelta("One moment."),
    ToolCallDelta(0, "a", "time", ""),
    ToolCallDelta(0, "", "", '{"zone":'),
    ToolCallDelta(0, "", "", ' "Österreich"}'),
    ToolCallDelta(1, "b", "date", ""),
    ToolCallDelta(1, "", "", "{}"),
    Usage(15, 4, 20, 7, 2),
    Finished("tool_calls"),
]


CUT = {
    "after text": started() + TEXT,
    "inside an event": started() + TEXT + stopped()[:-20],
    "with usage but no stop reason": started() + TEXT + stopped(None, output_tokens=3),
}
SILENT = {
    "nothing": b"",
    "blank lines": b"\n\n",
    "comments": b": ping\n\n",
    "pings": PING + PING,
    "the end mark": STOP,
    "the start": started() + PING,
    "no stop reason": started() + stopped(None) + STOP,
}

ERROR = {"type": "api_error", "message": "the engine died"}
FAILURES = {
    "error event": event("error", error=ERROR, request_id="r"),
    "error event, top-level message": b"event: error\ndata: " + json.dumps(ERROR).encode() + b"\n\n",
    "error event, plain text": b"event: error\ndata: the engine died\n\n",
    "error object without an event": b"data: " + json.dumps({"error": ERROR}).encode() + b"\n\n",
    "error as text": b"data: " + json.dumps({"type": "error", "error": "the engine died"}).encode() + b"\n\n",
}


BODIES = Bodies(
    name="anthropic",
    decoder=MessagesDecoder,
    hello=started() + HELLO,
    shapes=SHAPES,
    answer=ANSWER,
    spoiled={"malformed events": 1, "events of other shapes": 3},
    everything=EVERYTHING,
    everything_said=EVERYTHING_SAID,
    uncounted=event("message_start", message={"usage": None})
    + TEXT
    + event("message_delta", delta={"stop_reason": "x"}),
    unexplained=started() + TEXT + stopped(None, output_tokens=3) + STOP,
    cut=CUT,
    silent=SILENT,
    failures=FAILURES,
)
