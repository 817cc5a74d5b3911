"""What only OpenAI's chat completions have, and what it means."""

from base64 import b64encode
from typing import Any

import pytest

from chat.errors import ChatError
from chat.events import Finished, Picture, ReasoningDelta, TextDelta, ToolCallDelta, Upstream, Usage
from chat.providers.limits import PICTURES
from chat.providers.openai.decoder import CompletionDecoder
from tests.harness.picture import gif
from tests.providers import decoding
from tests.providers.chunking import every_chunking
from tests.providers.completion import ANSWER, DETAILED, DONE, HELLO, REGULAR, WORLD, delta, event, finish, usage


def decode(body: bytes, size: int | None = None) -> list[Upstream]:
    return decoding.decode(CompletionDecoder(), body, size)


@every_chunking
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thinking_comes_apart_from_the_text(field: str, size: int | None) -> None:
    body = delta(**{field: "Hm"}) + delta(**{field: None, "content": "Hello"}) + WORLD + finish() + DONE
    assert decode(body, size) == [ReasoningDelta("Hm"), *ANSWER]


def test_thinking_in_typed_parts_comes_apart_from_the_text() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
    assert decode(delta(content=[thinking]) + REGULAR) == [ReasoningDelta("Hm"), *ANSWER]


def called(*calls: Any) -> list[Upstream]:
    """Return what chunks with these tool calls say, one chunk for each list."""
    return decode(b"".join(delta(tool_calls=call) for call in calls) + finish("tool_calls") + DONE)[:-1]


def call(call_id: str | None = None, name: str | None = None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": call_id, "function": {"name": name, "arguments": arguments}} | more


def test_calls_without_an_index_are_told_apart_by_their_ids() -> None:
    assert called([call("a", "time", "{")], [call(arguments="}")], [call("b", "date", "{}"), call("a", "", " ")]) == [
        ToolCallDelta(0, "a", "time", "{"),
        ToolCallDelta(0, "", "", "}"),
        ToolCallDelta(1, "b", "date", "{}"),
        ToolCallDelta(0, "", "", " "),
    ]


def test_a_call_without_an_index_follows_those_that_have_one() -> None:
    assert called([call("a", index=0), call("b", index=1)], [{"id": "c", "function": None}]) == [
        ToolCallDelta(0, "a", "", ""),
        ToolCallDelta(1, "b", "", ""),
        ToolCallDelta(2, "c", "", ""),
    ]


def test_calls_without_index_and_id_are_told_apart_by_their_names() -> None:
    assert called([call(name="time", arguments={}), call(name="date")], [call(arguments="{}")]) == [
        ToolCallDelta(0, "", "time", "{}"),
        ToolCallDelta(1, "", "date", ""),
        ToolCallDelta(1, "", "", "{}"),
    ]


@pytest.mark.parametrize(
    ("index", "expected"), [("0", 0), ("12", 12), ("x", 0), (-1, 0), (10**30, 0), (True, 0), (1.5, 0)]
)
def test_an_index_may_be_text(index: Any, expected: int) -> None:
    assert called([call("a", "time", index=index)]) == [ToolCallDelta(expected, "a", "time", "")]


@pytest.mark.parametrize(
    ("sent", "expected"), [({"zone": "Österreich", "n": [1]}, '{"zone":"Österreich","n":[1]}'), ({}, "{}"), (5, "")]
)
def test_arguments_may_be_an_object(sent: Any, expected: str) -> None:
    assert called([call("a", "time", sent, index=0)]) == [ToolCallDelta(0, "a", "time", expected)]


def test_a_single_call_may_come_without_a_list() -> None:
    assert called(call("a", "time")) == [ToolCallDelta(0, "a", "time", "")]


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


@pytest.mark.parametrize("reason", [["stop"], {"type": "stop"}, 5, True, "", "null", "None", " "])
def test_an_odd_finish_reason_is_none(reason: Any) -> None:
    assert decode(HELLO + finish(reason) + DONE)[-1] == Finished("other", "none")
    assert decode(HELLO + finish("length") + finish(reason) + DONE)[-1] == Finished("length")


def test_odd_usage_does_not_take_the_last_one_away() -> None:
    odd = event({"choices": [], "usage": [1]})
    assert decode(HELLO + finish() + event({"choices": [], "usage": usage()}) + odd)[-2] == Usage(9, None, 2, None)
    decoder = CompletionDecoder()
    decoding.run(decoder, [HELLO + event({"choices": [], "usage": usage()}) + odd])
    assert decoder.usage == Usage(9, None, 2, None)


def test_openrouter_counts_what_it_wrote_to_the_cache() -> None:
    counts = usage(prompt_tokens_details={"cached_tokens": 1, "cache_write_tokens": 5})
    assert decode(HELLO + finish() + event({"choices": [], "usage": counts}))[-2] == Usage(9, 1, 2, None, 5)


def test_a_finish_reason_of_error_is_an_error() -> None:
    with pytest.raises(ChatError) as caught:
        decode(HELLO + finish("error") + DONE)
    assert caught.value.code == "api_error"


def test_pictures_without_end_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.providers.decoder.MAX_ANSWER_BYTES", 2 * len(gif(1, 1)))
    decoder = CompletionDecoder()
    addresses = [f"data:image/png;base64,{b64encode(gif(number, 1)).decode()}" for number in range(5)]
    parts = [delta(images=[{"image_url": {"url": address}}]) for address in addresses]
    found = decoding.run(decoder, parts)
    assert len([event for event in found if isinstance(event, Picture)]) == 2
    assert decoder.malformed == 3


def test_more_pictures_than_are_taken_are_told_as_lost() -> None:
    decoder = CompletionDecoder()
    addresses = [f"data:image/gif;base64,{b64encode(gif(number + 1, 1)).decode()}" for number in range(PICTURES + 3)]
    found = decoding.run(decoder, [delta(images=[{"image_url": {"url": address}}]) for address in addresses])
    assert len([event for event in found if isinstance(event, Picture)]) == PICTURES
    assert decoder.malformed == 3
