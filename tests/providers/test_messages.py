"""What only Anthropic's messages have, and what it means."""

from typing import Any

import pytest

from chat.events import Finished, ToolCallDelta, Upstream, Usage
from chat.providers.anthropic.decoder import MessagesDecoder
from tests.providers import decoding
from tests.providers.messages import ANSWER, HELLO, STOP, TEXT, WORLD, block, delta, started, stopped


def decode(body: bytes) -> list[Upstream]:
    return decoding.decode(MessagesDecoder(), body)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ({}, {"output_tokens": 3}, Usage(15, 4, 3, None, 2)),
        ({"cache_read_input_tokens": None, "cache_creation_input_tokens": None}, {}, Usage(9, None, None, None)),
        # The last event that names the input counts all of it.
        ({}, {"output_tokens": 3, "input_tokens": 12, "cache_read_input_tokens": 4}, Usage(16, 4, 3)),
        ({"input_tokens": 0}, {"output_tokens": 3, "input_tokens": 12}, Usage(12, None, 3)),
        ({}, {"output_tokens": 3, "input_tokens": 0}, Usage(15, 4, 3, None, 2)),
        ({"input_tokens": None}, {"output_tokens": 3}, Usage(None, 4, 3, None, 2)),
        ({"input_tokens": "many"}, {"output_tokens": -1}, Usage(None, 4, None, None, 2)),
        ({}, {"output_tokens": 3, "output_tokens_details": []}, Usage(15, 4, 3, None, 2)),
    ],
)
def test_usage_is_put_together_from_start_and_end(start: dict[str, Any], end: dict[str, Any], expected: Usage) -> None:
    assert decode(started(**start) + TEXT + stopped(**end) + STOP)[-2] == expected


def test_output_is_counted_cumulatively() -> None:
    body = started() + HELLO + stopped(None, output_tokens=1) + WORLD + stopped(output_tokens=3) + STOP
    assert decode(body) == ANSWER


def test_the_start_knows_the_input_and_not_the_output() -> None:
    decoder = MessagesDecoder()
    decoding.run(decoder, [started() + HELLO])
    assert decoder.usage == Usage(15, 4, None, None, 2)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "other"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("sunset", "other"),
    ],
)
def test_stop_reasons_are_translated(word: str, reason: Any) -> None:
    detail = word if reason == "other" else None
    assert decode(started() + TEXT + stopped(word) + STOP)[-1] == Finished(reason, detail)


def test_a_refusal_without_a_word_is_no_plain_success() -> None:
    assert decode(started() + stopped("refusal", output_tokens=0) + STOP)[-1] == Finished("content_filter")


def test_a_whole_input_in_a_tools_head_is_kept() -> None:
    body = started() + block("tool_use", 0, id="a", name="time", input={"zone": 1}) + stopped("tool_use") + STOP
    assert decode(body)[0] == ToolCallDelta(0, "a", "time", '{"zone":1}')


def test_an_index_may_be_text_and_input_an_object() -> None:
    head = block("tool_use", "3", id="a", name="time", input={})  # type: ignore[arg-type]
    fragment = delta("input_json_delta", 3, partial_json={"zone": 1})
    assert decode(started() + head + fragment + stopped("tool_use") + STOP)[:2] == [
        ToolCallDelta(0, "a", "time", ""),
        ToolCallDelta(0, "", "", '{"zone":1}'),
    ]
