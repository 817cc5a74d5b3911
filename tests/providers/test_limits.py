"""No provider fills the memory: whatever it sends ends as an error, with what was said before it."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from itertools import chain, islice, repeat
from typing import Any

import brotli
import pytest

from chat.providers import limits
from tests.providers import completion, messages
from tests.providers.flooding import Ask

MIB = 1024 * 1024
# No body is longer than this, packed ones once they are unpacked: far more than anything that is taken in.
ENDLESS = 256 * MIB
# What reading may take at most of the memory, with all that Python makes of it.
MOST_GROWTH = 192 * MIB
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"


def openai_text(text: str) -> bytes:
    return completion.delta(content=text)


def anthropic_text(text: str) -> bytes:
    return messages.delta("text_delta", text=text)


WIRES: dict[str, dict[str, Any]] = {
    "openai": {
        "begin": b"",
        "text": openai_text,
        "thought": lambda text: completion.delta(reasoning_content=text),
        "arguments": lambda text: completion.delta(tool_calls=[{"index": 0, "function": {"arguments": text}}]),
        "call": lambda number: completion.delta(
            tool_calls=[{"index": number, "id": f"c{number}", "function": {"name": "f", "arguments": "{}"}}]
        ),
        "crowd": b'data: {"choices": [{"delta": {"content": "x"}}], "usage": [%b]}\n\n',
    },
    "anthropic": {
        "begin": messages.started() + messages.block("tool_use", 0, id="a", name="f"),
        "text": anthropic_text,
        "thought": lambda text: messages.delta("thinking_delta", thinking=text),
        "arguments": lambda text: messages.delta("input_json_delta", partial_json=text),
        "call": lambda number: messages.block("tool_use", number, id=f"c{number}", name="f"),
        "crowd": b'data: {"type": "message_delta", "delta": {}, "usage": [%b]}\n\n',
    },
}


def endless(piece: bytes) -> Iterator[bytes]:
    """Yield a piece again and again, as many times as are more than anybody takes in."""
    together = piece * max(1, 64 * 1024 // len(piece))
    return islice(repeat(together), ENDLESS // len(together))


def answer(wire: dict[str, Any], what: str) -> Iterator[bytes]:
    """Return the body of an answer that is too long."""
    begin = [wire["begin"], wire["text"]("Hello. ")]
    match what:
        case "text":
            return chain(begin, endless(wire["text"]("word " * 800)))
        case "small pieces":
            return chain(begin, endless(wire["text"](" a")))
        case "thoughts":
            return chain([wire["begin"]], endless(wire["thought"]("hm, " * 1000)))
        case "arguments":
            return chain(begin, endless(wire["arguments"]("[1]," * 1000)))
        case "calls":
            return chain(begin, (wire["call"](number) for number in range(5, 50_000)))
        case "blanks":
            return chain([wire["begin"]], endless(wire["text"](" \n" * 2000)))
        case "blanks of a thought":
            return chain([wire["begin"], wire["text"]("<think>hm")], endless(wire["text"](" \n" * 2000)))
        case "one event":
            return chain(begin, [b"data: {"], endless(b'"a": "b", '))
        case "one event of many lines":
            return chain(begin, endless(b"data:\n"))
        case "one piece of text":
            return iter([*begin, wire["text"]("word " * (limits.TEXT_CHARS // 4))])
        case "a crowd of values":
            return iter([*begin, wire["crowd"] % (b"[]," * (9 * MIB) + b"[]")])
        case "comments":
            return chain(begin, endless(b": ping\n\n"))
        case "events without words":
            return chain(begin, endless(b'data: {"type": "ping"}\n\n'))
    raise KeyError(what)


@pytest.fixture(params=WIRES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ("text", {"text": limits.TEXT_CHARS}),
        ("small pieces", {}),
        ("thoughts", {"thought": limits.THOUGHT_CHARS}),
        ("arguments", {"text": 7}),
        ("calls", {"text": 7, "calls": limits.CALLS}),
        ("blanks", {"text": limits.TEXT_CHARS}),
        ("blanks of a thought", {"thought": limits.THOUGHT_CHARS}),
        ("one event", {"text": 7}),
        ("one event of many lines", {"text": 7}),
        ("one piece of text", {"text": limits.TEXT_CHARS}),
        ("a crowd of values", {"text": 7}),
        ("comments", {"text": 7}),
        ("events without words", {"text": 7}),
    ],
)
async def test_an_answer_without_end_is_ended_and_kept(asked: Ask, kind: str, what: str, kept: dict[str, int]) -> None:
    found = await asked(kind, lambda: (HEAD, answer(WIRES[kind], what)))
    assert (found["code"], found["retryable"], found["end"]) == ("api_error", False, ""), found
    assert found["grew"] < MOST_GROWTH
    for name, least in kept.items():
        # What comes first is not measured.
        assert 0 <= found[name] - least <= limits.UNMEASURED_BYTES


def packed_with(pack: Any, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pack pieces as they come."""
    for piece in pieces:
        if found := pack.compress(piece) if hasattr(pack, "compress") else pack.process(piece):
            yield found
    yield pack.flush() if hasattr(pack, "compress") else pack.finish()


PACKERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.compressobj(1, wbits=31),
    "deflate": lambda: zlib.compressobj(1),
    "deflate without a head": lambda: zlib.compressobj(1, wbits=-15),
    "br": lambda: brotli.Compressor(quality=0),
}


@pytest.mark.parametrize("packing", PACKERS)
async def test_a_packed_answer_is_unpacked_no_further_than_it_is_taken(asked: Ask, packing: str) -> None:
    kind = "openai" if packing != "br" else "anthropic"
    head = HEAD + b"Content-Encoding: %b\r\n" % packing.split(" ", 1)[0].encode()
    wire = WIRES[kind]
    body = b"".join(packed_with(PACKERS[packing](), answer(wire, "text")))
    assert len(body) < ENDLESS / 50
    found = await asked(kind, lambda: (head, iter([body])))
    assert found["grew"] < MOST_GROWTH
    assert found["text"] >= limits.TEXT_CHARS
    assert "too long" in found["error"]


@pytest.mark.parametrize(
    ("kind", "question", "packing"),
    [
        ("openai", "answer", ""),
        ("openai", "models", "br"),
        ("openai", "answer", "gzip, gzip"),
        ("anthropic", "answer", "br"),
        ("anthropic", "models", "gzip"),
        ("anthropic", "answer", "zstd"),
    ],
)
async def test_an_error_is_read_no_further_than_its_beginning(
    asked: Ask, kind: str, packing: str, question: str
) -> None:
    words = b'{"error": {"message": "The engine died of a surfeit. ' + b"x" * 100
    pieces: Iterator[bytes] = chain([words], endless(b"\0" * 1024))
    head = b"HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    if packing:
        head += b"Content-Encoding: %b\r\n" % packing.split(" without")[0].encode()
        pack = PACKERS.get(packing, PACKERS["gzip"])()
        pieces = iter([b"".join(packed_with(pack, pieces))])
    found = await asked(kind, lambda: (head, pieces), question)
    assert found["code"] == "api_error"
    assert "HTTP 500" in found["error"]
    assert ("surfeit" in found["error"]) == (packing not in ("gzip, gzip", "zstd"))
    assert found["grew"] < MOST_GROWTH
    # Most of it was never asked for; of what is packed there is one piece.
    assert packing or sum(map(len, pieces)) > ENDLESS / 2


async def test_a_list_of_models_may_be_packed(asked: Ask, kind: str) -> None:
    body = gzip.compress(b'{"data": [{"id": "m"}, {"id": "n"}]}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"
    found = await asked(kind, lambda: (head, iter([body])), "models")
    assert (found["error"], found["models"]) == ("", 2)


@pytest.mark.parametrize("part", ["a trailer", "trailers", "an extension"])
async def test_what_is_neither_head_nor_body_has_an_end(asked: Ask, part: str) -> None:
    kind = "openai"
    wire = WIRES[kind]
    hello = wire["begin"] + wire["text"]("Hello. ")
    # In other letters, so that what is served goes out as it is.
    head = HEAD.replace(b"chunked", b"Chunked")
    after = {"a trailer": b"0\r\nTrailer: ", "trailers": b"0\r\n", "an extension": b"1;ext="}[part]
    rest = endless(b"x" * 1024 if part != "trailers" else b"Trailer: x\r\n")
    found = await asked(kind, lambda: (head, chain([b"%x\r\n%b\r\n" % (len(hello), hello), after], rest)))
    assert found["text"] == len("Hello. ")
    assert found["code"] in ("interrupted", "network_error")
    assert found["grew"] < MOST_GROWTH


def test_a_long_answer_of_few_events_without_words_ends_by_its_bytes() -> None:
    measure = limits.Measure()
    measure.bytes = limits.STREAM_BYTES
    assert (measure.within([], 20), measure.excess) == ([], None)
    measure.bytes += 1
    assert measure.within([], 20) == []
    assert measure.excess is not None
    assert f"{limits.STREAM_BYTES:,} bytes" in measure.excess.message
