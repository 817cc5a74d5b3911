"""Events that hold nothing but text are read by a stricter schema first: what comes of a stream is the same."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from chat.providers.anthropic.decoder import MessagesDecoder
from chat.providers.decoder import StreamDecoder
from chat.providers.openai import decoder as openai
from chat.providers.openai.decoder import CompletionDecoder
from chat.providers.sse import EventDecoder, ServerSentEvent
from tests.providers.decoding import run

# What servers put into fields: nothing, words, numbers, and things of other shapes.
COUNTS = {"prompt_tokens": 3, "input_tokens": 3, "completion_tokens": 2, "output_tokens": 2}
THINGS: tuple[Any, ...] = (0, 1, True, [], [None], {}, {"a": 1}, [{"text": "y", "index": 0}], COUNTS)
VALUES: tuple[Any, ...] = (None, "", "x", "<", "default", *THINGS)


class Completions(CompletionDecoder):
    """As it is without the stricter schema."""

    def _plain_text(self, event: ServerSentEvent) -> str | None:
        return None


class Messages(MessagesDecoder):
    """As it is without the stricter schema."""

    def _plain_text(self, event: ServerSentEvent) -> str | None:
        return None


def plain(content: str) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": content}}]}


def nearly_plain(place: str, name: str, value: Any) -> dict[str, Any]:
    event = plain("words")
    choice = event["choices"][0]
    {"chunk": event, "choice": choice, "delta": choice["delta"]}[place][name] = value
    return event


def odd(place: str, kind: Any) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(kind.__struct_fields__)
    return st.builds(nearly_plain, st.just(place), names, st.sampled_from(VALUES))


texts = st.sampled_from(("a", " b", "", "<", "`", "</think>", "\ud83d", "\ude00"))
chunks = st.one_of(
    texts.map(plain), odd("delta", openai.Message), odd("choice", openai.Choice), odd("chunk", openai.Chunk)
)
words = st.fixed_dictionaries({"type": st.sampled_from(("text_delta", "thinking_delta", "", None)), "text": texts})
blocks = st.fixed_dictionaries(
    {"type": st.sampled_from(("content_block_delta", "content_block_delta", "message_delta", None)), "delta": words},
    optional={name: st.sampled_from(VALUES) for name in ("usage", "error", "index")},
)
HELLO = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}
Named = tuple[str, dict[str, Any]]


def said(decoder: StreamDecoder, events: list[Named]) -> tuple[Any, ...]:
    body = b"".join(f"{name}data: {json.dumps(event)}\n\n".encode() for name, event in events)
    found = run(decoder, [body])
    return found, decoder.usage, decoder.deltas, decoder.malformed, str(decoder.failure)


def named(events: st.SearchStrategy[dict[str, Any]], *names: str) -> st.SearchStrategy[list[Named]]:
    usual = st.sampled_from(("", "", "", *names))
    return st.lists(st.tuples(usual, events), min_size=1, max_size=8)


@example(events=[("", nearly_plain("chunk", "service_tier", "flex")), ("", nearly_plain("chunk", "usage", COUNTS))])
@example(events=[("", {"choices": [], "usage": COUNTS}), ("", plain("a"))])
@example(events=[("event: error\n", plain("a"))])
@given(events=named(chunks, "event: error\n"))
def test_completions_are_read_alike(events: list[Named]) -> None:
    begun = [("", plain("Hello"))]
    assert said(CompletionDecoder(), begun + events) == said(Completions(), begun + events)


@example(events=[("", {"type": "message_delta", "usage": COUNTS}), ("", HELLO)])
@example(events=[("event: error\n", HELLO)])
@given(events=named(blocks, "event: content_block_delta\n", "event: error\n"))
def test_messages_are_read_alike(events: list[Named]) -> None:
    begun = [("", HELLO), *events]
    assert said(MessagesDecoder(), begun) == said(Messages(), begun)


def test_every_field_that_is_read_is_none_in_plain_text() -> None:
    assert openai.PlainMessage.__struct_fields__ == openai.Message.__struct_fields__
    assert {*openai.PlainChoice.__struct_fields__} == {*openai.Choice.__struct_fields__} - {"message"}
    assert openai.PlainChunk.__struct_fields__ == openai.Chunk.__struct_fields__


@given(data=st.lists(st.sampled_from(("a", "\n", "\n\n", "data: ", "\r", ": ping", "id: 7\n", "é", "{}")), max_size=12))
def test_whole_events_are_read_like_events_in_pieces(data: list[str]) -> None:
    body = f"data: first\n\ndata: {''.join(data)}\n\ndata: last\n\n".encode()
    pieces, whole = EventDecoder(), EventDecoder()
    expected = [event for byte in body for event in pieces.feed(bytes([byte]))]
    assert [*whole.feed(body[:13]), *whole.feed(body[13:])] == expected
