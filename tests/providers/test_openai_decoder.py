"""What servers that speak chat completions really send, at every chunking, and what it means."""

import json
from typing import Any

import pytest

from chat.errors import ChatError
from chat.events import Finished, ReasoningDelta, TextDelta, ToolCallDelta, Upstream, Usage
from chat.providers.body import not_a_stream
from chat.providers.completion import CompletionDecoder
from chat.providers.sse import EventDecoder
from tests.providers.chunking import cut, every_chunking

DONE = b"data: [DONE]\n\n"


def decode(body: bytes, size: int | None = None) -> list[Upstream]:
    """Return all events of a body, `end` included."""
    return run(CompletionDecoder(), body, size)


def run(decoder: CompletionDecoder, body: bytes, size: int | None = None) -> list[Upstream]:
    sse = EventDecoder()
    found: list[Upstream] = []
    for chunk in cut(body, size):
        for event in sse.feed(chunk):
            found += decoder.decode(event)
    for event in sse.flush():
        found += decoder.decode(event)
    return found + decoder.end()


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
ANSWER = [TextDelta("Hello"), TextDelta(" wörld 🦉"), Finished("stop")]
REGULAR = HELLO + WORLD + finish() + DONE

SHAPES = {
    "regular": REGULAR,
    "role first": delta(role="assistant", content="") + REGULAR,
    "no [DONE]": HELLO + WORLD + finish(),
    "[DONE] without its blank line": HELLO + WORLD + finish() + b"data: [DONE]\n",
    "[DONE] without any line end": HELLO + WORLD + finish() + b"data: [DONE]",
    "[DONE] but no finish reason": HELLO + WORLD + DONE,
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
    "content in typed parts": delta(content=[{"type": "text", "text": "Hello"}, 5]) + WORLD + finish() + DONE,
}


@every_chunking
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_the_wild_is_the_same_answer(shape: str, size: int | None) -> None:
    assert decode(SHAPES[shape], size) == ANSWER


def test_malformed_events_are_counted() -> None:
    decoder = CompletionDecoder()
    run(decoder, SHAPES["a malformed event"] + SHAPES["an event of another shape"])
    assert decoder.malformed == 3


@every_chunking
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thinking_comes_apart_from_the_text(field: str, size: int | None) -> None:
    body = delta(**{field: "Hm"}) + delta(**{field: None, "content": "Hello"}) + WORLD + finish() + DONE
    assert decode(body, size) == [ReasoningDelta("Hm"), *ANSWER]


def test_thinking_in_typed_parts_comes_apart_from_the_text() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
    assert decode(delta(content=[thinking]) + REGULAR) == [ReasoningDelta("Hm"), *ANSWER]


@every_chunking
def test_tool_call_fragments_keep_their_index(size: int | None) -> None:
    body = (
        delta(tool_calls=[{"index": 0, "id": "a", "type": "function", "function": {"name": "time", "arguments": ""}}])
        + delta(tool_calls=[{"index": 0, "function": {"arguments": '{"zone":'}}, {"index": 1, "id": "b"}])
        + delta(tool_calls=[{"id": "c", "function": None}])
        + finish("tool_calls")
        + DONE
    )
    assert decode(body, size) == [
        ToolCallDelta(0, "a", "time", ""),
        ToolCallDelta(0, "", "", '{"zone":'),
        ToolCallDelta(1, "b", "", ""),
        ToolCallDelta(0, "c", "", ""),
        Finished("tool_calls"),
    ]


DETAILED = usage(prompt_tokens_details={"cached_tokens": 4}, completion_tokens_details={"reasoning_tokens": 1})
PLACES = {
    "a chunk of its own": HELLO + finish() + event({"choices": [], "usage": DETAILED}) + DONE,
    "after [DONE]": HELLO + finish() + DONE + event({"choices": [], "usage": DETAILED}),
    "the last chunk": HELLO + event({"choices": [{"finish_reason": "stop"}], "usage": DETAILED}) + DONE,
    "every chunk": event({"choices": [{"delta": {"content": "Hello"}}], "usage": usage(completion_tokens=1)})
    + event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": DETAILED})
    + DONE,
}


@every_chunking
@pytest.mark.parametrize("place", PLACES)
def test_usage_is_found_wherever_it_is_and_the_last_one_counts(place: str, size: int | None) -> None:
    assert decode(PLACES[place], size) == [TextDelta("Hello"), Usage(9, 4, 2, 1), Finished("stop")]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (usage(), Usage(9, None, 2, None)),
        (usage(prompt_tokens=None, prompt_tokens_details=None), Usage(None, None, 2, None)),
        (usage(completion_tokens=2.0, completion_tokens_details=[]), Usage(9, None, 2, None)),
        (usage(prompt_tokens="many", completion_tokens=-1), Usage(None, None, None, None)),
    ],
)
def test_a_count_that_is_not_there_stays_unknown(counts: dict[str, Any], expected: Usage) -> None:
    assert decode(HELLO + finish() + event({"choices": [], "usage": counts}))[-2] == expected


def test_no_usage_is_no_usage() -> None:
    assert not any(isinstance(found, Usage) for found in decode(REGULAR))


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("eos", "stop"),
    ],
)
def test_finish_reasons_are_translated(word: str, reason: Any) -> None:
    assert decode(HELLO + finish(word) + DONE)[-1] == Finished(reason)


def test_a_refusal_is_shown_and_is_no_plain_success() -> None:
    assert decode(delta(refusal="I cannot.") + finish() + DONE) == [TextDelta("I cannot."), Finished("content_filter")]


def test_a_finish_without_a_word_is_a_regular_end() -> None:
    assert decode(finish() + DONE) == [Finished("stop")]


CUT = {
    "after text": HELLO,
    "after the role": delta(role="assistant", content=""),
    "inside an event": HELLO + WORLD[:-12],
    "with usage but no finish": HELLO + event({"choices": [], "usage": usage()}),
}


@every_chunking
@pytest.mark.parametrize("where", CUT)
def test_a_cut_stream_is_never_a_success(where: str, size: int | None) -> None:
    with pytest.raises(ChatError) as caught:
        decode(CUT[where], size)
    assert caught.value.code == "interrupted"


@every_chunking
@pytest.mark.parametrize("body", [b"", b"\n\n", b": ping\n\n", DONE, finish(None) + DONE], ids=repr)
def test_an_answer_without_anything_is_an_error(body: bytes, size: int | None) -> None:
    with pytest.raises(ChatError) as caught:
        decode(body, size)
    assert caught.value.code == "api_error"


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


@every_chunking
@pytest.mark.parametrize("before", [b"", HELLO], ids=["first", "after text"])
@pytest.mark.parametrize("failure", FAILURES)
def test_an_error_in_the_stream_is_an_error(failure: str, before: bytes, size: int | None) -> None:
    with pytest.raises(ChatError, match="the engine died") as caught:
        decode(before + FAILURES[failure], size)
    assert caught.value.code == "api_error"
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        ({"type": "rate_limit_error", "message": "slow down"}, "rate_limit", True),
        ({"code": 429, "message": "slow down"}, "rate_limit", True),
        ({"type": "overloaded_error", "message": "busy"}, "api_error", True),
        ({"code": "context_length_exceeded", "message": "no"}, "context_length", False),
        ({"type": "invalid_request_error", "message": "no"}, "api_error", False),
        ({"type": "invalid_request_error", "code": "content_filter", "message": "no"}, "content_filter", False),
    ],
)
def test_an_error_in_the_stream_keeps_its_kind(error: dict[str, Any], code: str, *, retryable: bool) -> None:
    with pytest.raises(ChatError) as caught:
        decode(HELLO + event({"error": error}))
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


def test_a_finish_reason_of_error_is_an_error() -> None:
    with pytest.raises(ChatError) as caught:
        decode(HELLO + finish("error") + DONE)
    assert caught.value.code == "api_error"


def test_a_body_that_is_no_stream_says_what_it_was() -> None:
    page = not_a_stream(b"\n<!doctype html><title>Welcome</title>")
    limit = not_a_stream(b'{"error": {"type": "rate_limit_error", "message": "slow down"}}')
    whole = not_a_stream(b'{"choices": [{"message": {"content": "hello"}}]}')
    text = not_a_stream(b"upstream connect error, key sk-secret123")
    pings = not_a_stream(b": ping\n\n: ping\n\n")
    assert (page.code, page.retryable) == ("api_error", False)
    assert "web page" in page.message
    assert limit.code == "rate_limit"
    assert (whole.code, whole.retryable) == ("api_error", False)
    assert text.code == "api_error"
    assert "upstream connect error" in text.message
    assert "secret123" not in text.message
    assert "empty" in pings.message
    assert "empty" in not_a_stream(b" \n").message
