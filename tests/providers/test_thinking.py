"""Thoughts between tags, for any text at any chunking."""

from itertools import pairwise

from hypothesis import assume, example, given
from hypothesis import strategies as st

from chat.events import Delta, TextDelta
from chat.providers.decoder import MARKED
from chat.providers.thinking import CLOSING, OPENING, ThoughtSplitter
from tests.providers.real_shapes.reading import put_together

PIECES = (
    "<",
    ">",
    "/",
    "think",
    "</",
    "</th",
    "<think",
    "</think",
    "`",
    "```",
    "\n",
    "\r\n",
    " ",
    "\t",
    "a",
    "é 🦉",
    "\0",
)
# Texts that look like tags more often than any model's would.
plain = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
tagged = st.lists(st.sampled_from((*PIECES, OPENING, CLOSING)), max_size=12).map("".join)
cuts = st.lists(st.integers(0, 60), max_size=8)


def split(text: str, cuts: list[int], *, begins_in_thought: bool = False) -> tuple[str, str]:
    """Return the thought and the text that come of a text in pieces."""
    splitter = ThoughtSplitter(begins_in_thought=begins_in_thought)
    ends = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    found: list[Delta] = []
    for begin, end in pairwise(ends):
        # As the decoder does: at plain text without a sign of a tag nobody looks.
        piece = TextDelta(text[begin:end])
        found += [piece] if splitter.is_plain and not MARKED(piece.content) else splitter.split(piece)
    read = put_together([*found, *splitter.flush()])
    return read.thought, read.text


@given(text=tagged, cuts=cuts)
def test_where_a_text_is_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    assert split(text, cuts) == split(text, [])
    assert split(text, cuts, begins_in_thought=True) == split(text, [], begins_in_thought=True)


@given(thought=plain, text=plain, cuts=cuts)
def test_a_thought_and_a_text_come_apart(thought: str, text: str, cuts: list[int]) -> None:
    assume(CLOSING not in thought + CLOSING[:-1])
    found, rest = split(f"{OPENING}{thought}{CLOSING}{text}", cuts)
    assert found == thought.strip()
    # The blanks between the two may go, none of those in them.
    assert rest.lstrip() == text.lstrip()


@given(thought=plain, cuts=cuts)
def test_a_thought_that_is_never_closed_is_all_thought(thought: str, cuts: list[int]) -> None:
    assume(CLOSING not in thought)
    found, rest = split(OPENING + thought, cuts)
    assert (found.strip(), rest) == (thought.strip(), "")


@given(text=plain, cuts=cuts)
@example(text="<", cuts=[])
@example(text=" \n </think", cuts=[4])
@example(text="``` </th", cuts=[7])
def test_a_text_without_tags_stays_as_it_is(text: str, cuts: list[int]) -> None:
    assume(OPENING not in text)
    assume(CLOSING not in text)
    assert split(text, cuts) == ("", text)


@given(before=plain, text=tagged, cuts=cuts)
def test_tags_behind_the_beginning_of_a_text_are_text(before: str, text: str, cuts: list[int]) -> None:
    assume(CLOSING not in before + OPENING)
    assume(OPENING not in before)
    whole = f"Now {before}{OPENING}{text}"
    assert split(whole, cuts) == ("", whole)


@given(thought=plain, text=plain, cuts=cuts)
def test_what_precedes_a_closing_tag_alone_was_thought(thought: str, text: str, cuts: list[int]) -> None:
    thought = "Now " + thought.replace("`", "")
    assume(OPENING not in thought)
    assume(CLOSING not in thought + CLOSING[:-1])
    found, rest = split(f"{thought}{CLOSING}{text}", cuts)
    assert found == thought
    assert rest.lstrip() == text.lstrip()
