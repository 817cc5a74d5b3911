"""What both decoders promise, at every chunking."""

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import ChatError
from chat.events import Finished, TextDelta, Unreadable, Usage
from chat.providers.base import Learnt
from chat.providers.sse import EventDecoder
from tests.providers import completion, messages
from tests.providers.chunking import every_chunking
from tests.providers.decoding import Bodies, decode, run

FORMATS = (completion.BODIES, messages.BODIES)
both = pytest.mark.parametrize("bodies", FORMATS, ids=repr)


def each(field: str) -> pytest.MarkDecorator:
    """Run a test for each body that `field` of the formats holds."""
    found = [(bodies, name) for bodies in FORMATS for name in getattr(bodies, field)]
    return pytest.mark.parametrize(("bodies", "name"), found, ids=[f"{bodies}: {name}" for bodies, name in found])


@every_chunking
@each("shapes")
def test_every_shape_of_the_wild_is_the_same_answer(bodies: Bodies, name: str, size: int | None) -> None:
    assert decode(bodies.decoder(), bodies.shapes[name], size) == bodies.answer


@each("spoiled")
def test_events_that_cannot_be_read_are_counted(bodies: Bodies, name: str) -> None:
    decoder = bodies.decoder()
    run(decoder, [bodies.shapes[name]])
    assert decoder.malformed == bodies.spoiled[name]


@every_chunking
@both
def test_thinking_text_and_tools_come_apart(bodies: Bodies, size: int | None) -> None:
    assert decode(bodies.decoder(), bodies.everything, size) == bodies.everything_said


@both
@given(data=st.data())
def test_any_chunking_gives_equal_events(bodies: Bodies, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(bodies.everything)), max_size=30))
    chunks = [bodies.everything[start:end] for start, end in pairwise(sorted({0, *cuts, len(bodies.everything)}))]
    decoder = bodies.decoder()
    assert [*run(decoder, chunks), *decoder.end()] == bodies.everything_said


@both
def test_no_usage_is_no_usage(bodies: Bodies) -> None:
    assert not any(isinstance(event, Usage) for event in decode(bodies.decoder(), bodies.uncounted))


@every_chunking
@both
def test_an_answer_that_ends_without_a_reason_says_so(bodies: Bodies, size: int | None) -> None:
    assert decode(bodies.decoder(), bodies.unexplained, size) == [*bodies.answer[:-1], Finished("other", "none")]


@both
def test_a_server_known_to_give_no_reason_ends_plainly(bodies: Bodies) -> None:
    assert decode(bodies.decoder(Learnt(gives_no_reason=True)), bodies.unexplained)[-1] == Finished("stop", "none")


@each("spoiled")
def test_a_piece_that_cannot_be_read_is_told_where_it_was(bodies: Bodies, name: str) -> None:
    decoder = bodies.decoder()
    found = decoder.decode_all(EventDecoder().feed(bodies.shapes[name]))
    assert found.count(Unreadable()) >= 1
    assert isinstance(found[found.index(Unreadable()) - 1], TextDelta)


@every_chunking
@each("cut")
def test_a_cut_stream_is_never_a_success(bodies: Bodies, name: str, size: int | None) -> None:
    with pytest.raises(ChatError) as caught:
        decode(bodies.decoder(), bodies.cut[name], size)
    assert caught.value.code == "interrupted"


@every_chunking
@each("silent")
def test_an_answer_without_anything_is_an_error(bodies: Bodies, name: str, size: int | None) -> None:
    with pytest.raises(ChatError) as caught:
        decode(bodies.decoder(), bodies.silent[name], size)
    assert caught.value.code == "api_error"


@every_chunking
@pytest.mark.parametrize("begun", [False, True], ids=["first", "after text"])
@each("failures")
def test_an_error_in_the_stream_is_an_error(bodies: Bodies, name: str, size: int | None, *, begun: bool) -> None:
    body = (bodies.hello if begun else b"") + bodies.failures[name]
    with pytest.raises(ChatError, match="the engine died") as caught:
        decode(bodies.decoder(), body, size)
    assert (caught.value.code, caught.value.retryable) == ("api_error", True)


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, "api_error", True),
        ({"type": "api_error", "message": "Internal server error"}, "api_error", True),
        ({"type": "rate_limit_error", "message": "slow down"}, "rate_limit", True),
        ({"code": 429, "message": "slow down"}, "rate_limit", True),
        ({"type": "timeout_error", "message": "too slow"}, "timeout", True),
        ({"type": "authentication_error", "message": "invalid x-api-key"}, "authentication", False),
        ({"type": "permission_error", "message": "no"}, "authentication", False),
        ({"type": "billing_error", "message": "no"}, "budget", False),
        ({"type": "invalid_request_error", "message": "Your credit balance is too low to ..."}, "budget", False),
        ({"code": "context_length_exceeded", "message": "no"}, "context_length", False),
        ({"type": "x", "message": "prompt is too long: 210000 tokens > 200000 maximum"}, "context_length", False),
        ({"type": "x", "message": "input length and `max_tokens` exceed context limit"}, "context_length", False),
        ({"type": "invalid_request_error", "message": "temperature: not permitted"}, "api_error", False),
        ({"type": "invalid_request_error", "code": "content_filter", "message": "no"}, "content_filter", False),
        ({"type": "not_found_error", "message": "model: claude-0"}, "api_error", False),
    ],
)
@both
def test_an_error_in_the_stream_keeps_its_kind(
    bodies: Bodies, error: dict[str, Any], code: str, *, retryable: bool
) -> None:
    with pytest.raises(ChatError) as caught:
        decode(bodies.decoder(), bodies.hello + completion.event({"type": "error", "error": error}))
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert bool(re.search("busy", caught.value.message)) == ("overloaded" in str(error))


@both
def test_what_was_said_since_the_last_count_is_not_in_it(bodies: Bodies) -> None:
    decoder = bodies.decoder()
    counts = {"output_tokens": 1} if bodies.name == "anthropic" else {"prompt_tokens": 9, "completion_tokens": 1}
    counted = completion.event({"type": "message_delta", "choices": [], "usage": counts})
    # Anthropic knows its input from the start.
    prompt = 15 if bodies.name == "anthropic" else 9
    found = run(decoder, [bodies.hello, counted])
    assert isinstance(found[-1], Usage)
    assert (found[-1].prompt_tokens, found[-1].completion_tokens) == (prompt, 1)
    run(decoder, [bodies.hello.replace(b"message_start", b"again")])
    assert decoder.usage is not None
    assert (decoder.usage.prompt_tokens, decoder.usage.completion_tokens) == (prompt, None)
