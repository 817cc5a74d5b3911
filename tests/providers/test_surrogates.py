"""Characters in halves, for any text cut anywhere."""

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.providers.sse import EventDecoder
from tests.providers.real_shapes.case import FORMATS, Format
from tests.providers.real_shapes.reading import put_together

each_format = pytest.mark.parametrize("wire", FORMATS, ids=lambda wire: wire.name)
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
HALF = re.compile("[\ud800-\udfff]")
HIGH, LOW = "\ud83c", "\udf89"
cuts = st.lists(st.integers(0, 40), max_size=8)
halved = st.lists(st.sampled_from((HIGH, LOW, "a", "é", "\ufffd", "\ufeff", "\0", "🦉")), max_size=10).map("".join)


def units(text: str) -> str:
    """Return a text as its UTF-16 units, each half of a pair a character of its own."""
    return "".join(
        chr(int.from_bytes(unit)) for unit in re.findall(b"(?s)..", text.encode("utf-16-be", "surrogatepass"))
    )


def read(wire: Format, text: str, cuts: list[int], *, thought: bool) -> str:
    """Return what a reader has of a text whose units come in pieces, as JSON escapes them."""
    decoder = wire.decoder()
    events = EventDecoder()
    ends = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    say = wire.thought if thought else wire.said
    body = b"".join(say(text[begin:end]) for begin, end in pairwise(ends))
    found = decoder.decode_all(events.feed(wire.start + body + wire.ended() + wire.mark))
    result = put_together([*found, *decoder.end()])
    return result.thought if thought else result.text


@each_format
@given(text=st.text(max_size=20), cuts=cuts, thought=st.booleans())
def test_a_text_cut_in_the_middle_of_its_characters_is_the_text(
    wire: Format, text: str, cuts: list[int], *, thought: bool
) -> None:
    assert read(wire, units(text), cuts, thought=thought) == text


@each_format
@given(text=halved, cuts=cuts, thought=st.booleans())
def test_a_half_that_is_alone_is_one_sign(wire: Format, text: str, cuts: list[int], *, thought: bool) -> None:
    joined = PAIR.sub(lambda pair: json.loads(json.dumps(pair[0])), units(text))
    assert read(wire, units(text), cuts, thought=thought) == HALF.sub("\ufffd", joined)
