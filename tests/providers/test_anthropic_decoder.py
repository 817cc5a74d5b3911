"""What servers that speak Anthropic's messages send, at every chunking, and what it means."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import ChatError
from chat.events import Delta, Finished, ReasoningDelta, TextDelta, ToolCallDelta, Upstream, Usage
from chat.providers.messages import MessagesDecoder
from chat.providers.sse import EventDecoder
from tests.providers.chunking import cut, every_chunking


def decode(body: bytes, size: int | None = None) -> list[Upstream]:
    """Return all events of a body, `end` included."""
    decoder = MessagesDecoder()
    return [*run(decoder, cut(body, size)), *decoder.end()]


def run(decoder: MessagesDecoder, chunks: list[bytes]) -> list[Delta]:
    sse = EventDecoder()
    found: list[Delta] = []
    for chunk in chunks:
        found += decoder.decode_all(sse.feed(chunk))
    return found + decoder.decode_all(sse.flush())


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
ANSWER = [TextDelta("Hello"), TextDelta(" wörld 🦉"), Usage(15, 4, 3, None), Finished("stop")]

SHAPES = {
    "regular": REGULAR,
    "pings everywhere": PING + REGULAR.replace(b"event: content", PING + b"event: content") + PING,
    "no message_stop": REGULAR.removesuffix(STOP),
    "message_stop without its blank line": REGULAR.rstrip(),
    "message_stop but no stop reason": started() + TEXT + stopped(None, output_tokens=3) + STOP,
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


@every_chunking
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_the_same_answer(shape: str, size: int | None) -> None:
    assert decode(SHAPES[shape], size) == ANSWER


def test_malformed_events_are_counted() -> None:
    decoder = MessagesDecoder()
    run(decoder, [SHAPES["malformed events"], SHAPES["events of other shapes"]])
    assert decoder.malformed == 4


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
EVERYTHING_SAID = [
    ReasoningDelta("Hm, "),
    ReasoningDelta("señor."),
    TextDelta("One moment."),
    ToolCallDelta(0, "a", "time", ""),
    ToolCallDelta(0, "", "", '{"zone":'),
    ToolCallDelta(0, "", "", ' "Österreich"}'),
    ToolCallDelta(1, "b", "date", ""),
    ToolCallDelta(1, "", "", "{}"),
    Usage(15, 4, 20, 7),
    Finished("tool_calls"),
]


@every_chunking
def test_thinking_text_and_tools_come_apart_and_tools_are_counted_from_zero(size: int | None) -> None:
    assert decode(EVERYTHING, size) == EVERYTHING_SAID


@given(st.lists(st.integers(0, len(EVERYTHING)), max_size=30))
def test_any_chunking_gives_equal_events(cuts: list[int]) -> None:
    places = sorted({0, *cuts, len(EVERYTHING)})
    decoder = MessagesDecoder()
    chunks = [EVERYTHING[start:end] for start, end in pairwise(places)]
    assert [*run(decoder, chunks), *decoder.end()] == EVERYTHING_SAID


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KINDS = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "message_delta",
    "message_stop",
    "ping",
    "error",
)
FIELDS = ("index", "message", "content_block", "delta", "usage", "error")
INNER = st.dictionaries(st.sampled_from(("type", "text", "thinking", "id", "input", "stop_reason", "usage")), JSON)
DATA = st.builds(
    lambda kind, fields: json.dumps({"type": kind} | fields).encode(),
    st.sampled_from(KINDS) | JSON,
    st.dictionaries(st.sampled_from(FIELDS), JSON | INNER),
)
EVENTS = st.builds(
    lambda kind, data: b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n", st.sampled_from(KINDS), DATA
)


@given(st.lists(EVENTS | st.binary(max_size=20), max_size=6))
def test_no_bytes_break_the_decoder(parts: list[bytes]) -> None:
    decoder = MessagesDecoder()
    run(decoder, parts)
    try:
        assert isinstance(decoder.end()[-1], Finished)
    except ChatError as error:
        assert error.message  # noqa: PT017 - either end is right


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ({}, {"output_tokens": 3}, Usage(15, 4, 3, None)),
        ({"cache_read_input_tokens": None, "cache_creation_input_tokens": None}, {}, Usage(9, None, None, None)),
        ({}, {"output_tokens": 3, "input_tokens": 12, "cache_read_input_tokens": 4}, Usage(18, 4, 3, None)),
        ({"input_tokens": 0}, {"output_tokens": 3, "input_tokens": 12}, Usage(18, 4, 3, None)),
        ({}, {"output_tokens": 3, "input_tokens": 0}, Usage(15, 4, 3, None)),
        ({"input_tokens": None}, {"output_tokens": 3}, Usage(None, 4, 3, None)),
        ({"input_tokens": "many"}, {"output_tokens": -1}, Usage(None, 4, None, None)),
        ({}, {"output_tokens": 3, "output_tokens_details": []}, Usage(15, 4, 3, None)),
    ],
)
def test_usage_is_put_together_from_start_and_end(start: dict[str, Any], end: dict[str, Any], expected: Usage) -> None:
    assert decode(started(**start) + TEXT + stopped(**end) + STOP)[-2] == expected


def test_output_is_counted_cumulatively() -> None:
    body = started() + HELLO + stopped(None, output_tokens=1) + WORLD + stopped(output_tokens=3) + STOP
    assert decode(body) == ANSWER


def test_the_start_knows_the_input_and_not_the_output() -> None:
    decoder = MessagesDecoder()
    run(decoder, [started() + HELLO])
    assert decoder.usage == Usage(15, 4, None, None)


def test_no_usage_is_no_usage() -> None:
    body = event("message_start", message={"usage": None}) + TEXT + event("message_delta", delta={"stop_reason": "x"})
    assert not any(isinstance(found, Usage) for found in decode(body))


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("sunset", "stop"),
    ],
)
def test_stop_reasons_are_translated(word: str, reason: Any) -> None:
    assert decode(started() + TEXT + stopped(word) + STOP)[-1] == Finished(reason)


def test_a_refusal_without_a_word_is_no_plain_success() -> None:
    assert decode(started() + stopped("refusal", output_tokens=0) + STOP)[-1] == Finished("content_filter")


def test_a_whole_input_in_a_tools_head_is_kept() -> None:
    body = started() + block("tool_use", 0, id="a", name="time", input={"zone": 1}) + stopped("tool_use") + STOP
    assert decode(body)[0] == ToolCallDelta(0, "a", "time", '{"zone":1}')


CUT = {
    "after text": started() + TEXT,
    "after the start": started() + PING,
    "inside an event": started() + TEXT + stopped()[:-20],
    "with usage but no stop reason": started() + TEXT + stopped(None, output_tokens=3),
    "pings only": PING + PING,
}


@every_chunking
@pytest.mark.parametrize("where", CUT)
def test_a_cut_stream_is_never_a_success(where: str, size: int | None) -> None:
    with pytest.raises(ChatError) as caught:
        decode(CUT[where], size)
    assert caught.value.code == "interrupted"


@every_chunking
@pytest.mark.parametrize("body", [b"", b"\n\n", b": ping\n\n", STOP, started() + stopped(None) + STOP], ids=repr)
def test_an_answer_without_anything_is_an_error(body: bytes, size: int | None) -> None:
    with pytest.raises(ChatError) as caught:
        decode(body, size)
    assert caught.value.code == "api_error"


ERROR = {"type": "api_error", "message": "the engine died"}
FAILURES = {
    "error event": event("error", error=ERROR, request_id="r"),
    "error event, top-level message": b"event: error\ndata: " + json.dumps(ERROR).encode() + b"\n\n",
    "error event, plain text": b"event: error\ndata: the engine died\n\n",
    "error object without an event": b"data: " + json.dumps({"error": ERROR}).encode() + b"\n\n",
    "error as text": b"data: " + json.dumps({"type": "error", "error": "the engine died"}).encode() + b"\n\n",
}


@every_chunking
@pytest.mark.parametrize("before", [b"", started() + HELLO], ids=["first", "after text"])
@pytest.mark.parametrize("failure", FAILURES)
def test_an_error_in_the_stream_is_an_error(failure: str, before: bytes, size: int | None) -> None:
    with pytest.raises(ChatError, match="the engine died") as caught:
        decode(before + FAILURES[failure], size)
    assert (caught.value.code, caught.value.retryable) == ("api_error", True)


@pytest.mark.parametrize(
    ("kind", "message", "code", "retryable"),
    [
        ("overloaded_error", "Overloaded", "api_error", True),
        ("api_error", "Internal server error", "api_error", True),
        ("rate_limit_error", "slow down", "rate_limit", True),
        ("timeout_error", "too slow", "timeout", True),
        ("authentication_error", "invalid x-api-key", "authentication", False),
        ("permission_error", "no", "authentication", False),
        ("billing_error", "no", "budget", False),
        ("invalid_request_error", "Your credit balance is too low to access the API.", "budget", False),
        ("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "context_length", False),
        ("invalid_request_error", "input length and `max_tokens` exceed context limit", "context_length", False),
        ("invalid_request_error", "temperature: Extra inputs are not permitted", "api_error", False),
        ("not_found_error", "model: claude-0", "api_error", False),
    ],
)
def test_an_error_in_the_stream_keeps_its_kind(kind: str, message: str, code: str, *, retryable: bool) -> None:
    with pytest.raises(ChatError) as caught:
        decode(started() + HELLO + event("error", error={"type": kind, "message": message}))
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


def test_an_overloaded_provider_is_called_busy() -> None:
    with pytest.raises(ChatError, match="busy"):
        decode(event("error", error={"type": "overloaded_error", "message": "Overloaded"}))
