"""The decoder of server-sent events, with the examples of the WHATWG's HTML standard and what servers really send."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.providers import limits
from chat.providers.sse import EventDecoder, OversizedEventError, ServerSentEvent
from tests.providers.chunking import cut, every_chunking

STOCKS = b"data: YHOO\ndata: +2\ndata: 10\n\n"
COMMENT_AND_IDS = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
EMPTY_DATA = b"data\n\ndata\ndata\n\ndata:"
NO_SPACE = b"data:test\n\ndata: test\n\n"


def decode(data: bytes, size: int | None = None) -> list[ServerSentEvent]:
    decoder = EventDecoder()
    return [event for chunk in cut(data, size) for event in decoder.feed(chunk)]


def data_of(data: bytes, size: int | None = None) -> list[str]:
    return [event.data for event in decode(data, size)]


@every_chunking
def test_data_lines_of_one_event_are_joined_with_newlines(size: int | None) -> None:
    assert decode(STOCKS, size) == [ServerSentEvent("YHOO\n+2\n10")]


@every_chunking
def test_comments_are_no_events_and_an_id_lasts_until_it_is_emptied(size: int | None) -> None:
    assert decode(COMMENT_AND_IDS, size) == [
        ServerSentEvent("first event", id="1"),
        ServerSentEvent("second event"),
        ServerSentEvent(" third event"),
    ]


@every_chunking
def test_data_without_a_value_counts_but_an_unfinished_event_does_not(size: int | None) -> None:
    assert data_of(EMPTY_DATA, size) == ["", "\n"]


@every_chunking
def test_the_space_after_the_colon_is_optional(size: int | None) -> None:
    assert data_of(NO_SPACE, size) == ["test", "test"]


@every_chunking
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_every_line_end_is_a_line_end(end: bytes, size: int | None) -> None:
    body = end.join([b"data: a", b"data: b", b"", b": ping", b"", b"data: c", b"", b""])
    assert data_of(body, size) == ["a\nb", "c"]


def test_a_crlf_cut_between_two_reads_is_one_line_end() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b"data: a\r") == []
    assert decoder.feed(b"\ndata: b\r\n") == []
    assert decoder.feed(b"\r") == [ServerSentEvent("a\nb")]
    assert decoder.feed(b"\ndata: c\n\n") == [ServerSentEvent("c")]


def test_a_read_without_bytes_changes_nothing_between_cr_and_lf() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b"data: a\r") == []
    assert decoder.feed(b"") == []
    assert decoder.feed(b"\ndata: b\r\n\r\n") == [ServerSentEvent("a\nb")]


@every_chunking
def test_a_byte_order_mark_is_skipped_at_the_start_and_only_there(size: int | None) -> None:
    assert data_of("\ufeffdata: a\n\n\ufeffdata: b\n\n".encode(), size) == ["a"]


@every_chunking
def test_characters_may_be_cut_anywhere(size: int | None) -> None:
    assert data_of("data: größer 日本 🦉\n\n".encode(), size) == ["größer 日本 🦉"]


def test_bytes_that_are_no_utf8_are_replaced_and_lose_nothing_else() -> None:
    assert data_of(b"data: a\xffb\n\ndata: c\n\n") == ["a\ufffdb", "c"]


@every_chunking
def test_text_separators_that_are_no_line_ends_stay_in_the_data(size: int | None) -> None:
    assert data_of("data: a\u2028b\u0085c\x0bd\x0ce\n\n".encode(), size) == ["a\u2028b\u0085c\x0bd\x0ce"]


@every_chunking
def test_the_event_field_names_one_event_only(size: int | None) -> None:
    assert decode(b"event: error\ndata: a\n\ndata: b\n\n", size) == [
        ServerSentEvent("a", event="error"),
        ServerSentEvent("b"),
    ]


@every_chunking
def test_an_event_without_data_is_dropped_with_its_name(size: int | None) -> None:
    assert decode(b"event: ping\n\ndata: a\n\n", size) == [ServerSentEvent("a")]


@every_chunking
def test_retry_takes_digits_only(size: int | None) -> None:
    decoder = EventDecoder()
    for chunk in cut("retry: 3000\nretry: soon\nretry: ²\nretry: -1\n\n".encode(), size):
        assert decoder.feed(chunk) == []
    assert decoder.retry == 3000


def test_an_id_with_a_null_is_ignored() -> None:
    assert decode(b"id: 7\nid: 8\x009\ndata: a\n\n") == [ServerSentEvent("a", id="7")]


@every_chunking
def test_comments_are_counted(size: int | None) -> None:
    decoder = EventDecoder()
    for chunk in cut(b": ping\n\n:\n\ndata: a\n: OPENROUTER PROCESSING\n\n", size):
        decoder.feed(chunk)
    assert decoder.comments == 3


def test_unknown_fields_are_skipped() -> None:
    assert decode(b"foo: bar\nDATA: no\ndata : no\ndata: yes\n\n") == [ServerSentEvent("yes")]


def test_several_events_in_one_read_all_come() -> None:
    assert data_of(b"data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4") == ["1", "2", "3"]


@every_chunking
@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"], ids=["nothing", "LF", "CR", "CRLF"])
def test_flush_gives_the_event_that_lacks_its_blank_line(end: bytes, size: int | None) -> None:
    decoder = EventDecoder()
    assert [event for chunk in cut(b"data: [DONE]" + end, size) for event in decoder.feed(chunk)] == []
    assert decoder.flush() == [ServerSentEvent("[DONE]")]
    assert decoder.flush() == []


def test_flush_after_a_whole_event_gives_nothing() -> None:
    decoder = EventDecoder()
    decoder.feed(STOCKS)
    assert decoder.flush() == []


def test_a_line_of_megabytes_in_small_reads_takes_no_quadratic_time() -> None:
    body = b"data: " + b"x" * 16_000_000 + b"\n\n"
    began = time.monotonic()
    (event,) = decode(body, 1000)
    # Joining what has come on every read would copy 128 GB.
    assert time.monotonic() - began < 10
    assert len(event.data) == 16_000_000


@pytest.mark.parametrize(
    "body", [b"x" * 1000, b"data: 1234567890\n" * 10, b"data:\n" * 10], ids=["one line", "many lines", "empty lines"]
)
def test_an_event_without_an_end_does_not_fill_the_memory(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EVENT_BYTES", 500)
    with pytest.raises(OversizedEventError):
        decode(body, 7)


def test_many_small_events_are_no_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EVENT_BYTES", 100)
    assert len(decode(b"data: 1234567890\n\n" * 100, 7)) == 100


FIELDS = st.sampled_from(
    [
        b"data: a",
        b"data:b",
        b"data",
        "data: é🦉".encode(),
        b"event: error",
        b"id: 1",
        b"retry: 5",
        b": ping",
        b"x: y",
        b"",
    ]
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
LINES = st.lists(st.tuples(FIELDS, ENDS).map(b"".join), max_size=20).map(b"".join)


@given(body=LINES | st.binary(max_size=60), cuts=st.lists(st.integers(0, 300), max_size=8))
def test_any_chunking_gives_equal_events(body: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(body), *(place for place in cuts if place < len(body))})
    decoder = EventDecoder()
    found = [event for start, end in pairwise(places) for event in decoder.feed(body[start:end])]
    whole = EventDecoder()
    assert found + decoder.flush() == whole.feed(body) + whole.flush()
    assert decoder.comments == whole.comments
