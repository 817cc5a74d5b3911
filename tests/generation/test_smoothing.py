"""No half words on the wire, and nothing that waits longer than it may."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.generation.smoothing import HOLD_SECONDS, LONGEST_WORD, Smoother

# Two letters of an alphabet side by side are inside a word.
LETTER = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏΑ-Ωα-ωА-яא-תا-ي]")

CONTINUOUS = [
    "世界",
    "こんにちは",
    "カタカナ",
    "ｶﾀｶﾅ",
    "안녕하세요",
    "สวัสดีครับ",
    "ສະບາຍດີ",
    "សួស្តី",
    "မင်္ဂလာ",
    "བཀྲ་ཤིས",
    "𠀀𠀁",
]
EMOJI = ["🙂", "👩‍👩‍👧", "❤️", "👍🏽", "1️⃣", "🇩🇪"]
CODE = ["{", "}\n", "    ", "==", "x = 1;", "()", "42", "3.14", "0x1f3", "\n\n", "```", "://", "a[0]", "_", "#!"]

words = st.sampled_from(
    ["hello", " world", "don", "'t", " naïve", "слово", " Straße", "inter", "national", "e\u0301t", "می\u200cخواهم"]
)
pieces = st.one_of(
    words, st.sampled_from([*CONTINUOUS, *EMOJI, *CODE, ", ", ". ", " ", "'", "\u0301"]), st.text(max_size=6)
)
# Text, and the seconds since the one before.
arrivals = st.lists(st.tuples(pieces, st.floats(0, 0.2)), max_size=30)


def ends_inside_a_word(before: str, after: str) -> bool:
    return bool(LETTER.fullmatch(before[-1:]) and LETTER.fullmatch(after[:1]))


@given(st.lists(pieces))
@example(["❤", "\ufe0f", "a"])
@example(["don", "'t", "'", "s"])
def test_nothing_is_lost_changed_or_reordered(chunks: list[str]) -> None:
    smoother = Smoother()
    out = "".join(smoother.push(chunk, 0.0) for chunk in chunks) + smoother.flush()
    assert out == "".join(chunks)
    assert smoother.due() is None
    assert smoother.flush() == ""


@given(st.text(), st.sampled_from([1, 2, 3, 7]))
def test_any_chunking_gives_the_same_text(text: str, size: int) -> None:
    smoother = Smoother()
    out = [smoother.push(text[at : at + size], 0.0) for at in range(0, len(text), size)]
    assert "".join(out) + smoother.flush() == text


@given(arrivals)
def test_nothing_is_held_longer_than_it_may(steps: list[tuple[str, float]]) -> None:
    smoother, now, out = Smoother(), 0.0, 0
    arrived: list[float] = []
    for text, pause in steps:
        due = smoother.due()
        if due is not None and due <= now + pause:
            assert due <= arrived[out] + HOLD_SECONDS
            out += len(smoother.release(due))
            assert smoother.due() is None
        now += pause
        arrived += [now] * len(text)
        out += len(smoother.push(text, now))
        due = smoother.due()
        if due is None:
            assert out == len(arrived)
        else:
            assert now < due <= arrived[out] + HOLD_SECONDS


@given(arrivals)
def test_a_push_that_comes_late_gives_what_was_due(steps: list[tuple[str, float]]) -> None:
    smoother, now, out = Smoother(), 0.0, 0
    arrived: list[float] = []
    for text, pause in steps:
        now += pause
        arrived += [now] * len(text)
        out += len(smoother.push(text, now))
        assert all(moment + HOLD_SECONDS > now for moment in arrived[out:])


@given(st.lists(pieces))
def test_what_goes_out_in_time_ends_with_a_whole_word(chunks: list[str]) -> None:
    smoother, text, out = Smoother(), "".join(chunks), 0
    for chunk in chunks:
        ready = smoother.push(chunk, 0.0)
        out += len(ready)
        longest = max(map(len, re.findall(r"\w+", text)), default=0)
        assert not ready or longest > LONGEST_WORD or not ends_inside_a_word(text[:out], text[out:])


@pytest.mark.parametrize("text", [*CONTINUOUS, *EMOJI])
@pytest.mark.parametrize("size", [1, 2, 99])
def test_scripts_without_spaces_and_emoji_never_wait(text: str, size: int) -> None:
    smoother = Smoother()
    for at in range(0, len(text), size):
        assert smoother.push(text[at : at + size], 0.0) == text[at : at + size]
        assert smoother.due() is None


@given(st.text(st.sampled_from("0123456789+-*/=<>(){}[];:,.!?\"'`#$%&@^|~\\_ \n\t\r")))
def test_digits_punctuation_and_newlines_never_wait(text: str) -> None:
    smoother = Smoother()
    assert smoother.push(text, 0.0) == text
    assert smoother.due() is None


def test_a_word_goes_out_when_the_next_begins() -> None:
    smoother = Smoother()
    tokens = ["The", " quick", " brown", " fox", "."]
    assert [smoother.push(token, 0.0) for token in tokens] == ["", "The ", "quick ", "brown ", "fox."]
    assert smoother.due() is None


@pytest.mark.parametrize(
    "parts", [["inter", "nation", "al"], ["сло", "во"], ["don", "'t"], ["e", "\u0301", "t"], ["मे", "रा"]]
)
def test_the_parts_of_a_word_go_out_together(parts: list[str]) -> None:
    smoother = Smoother()
    assert [smoother.push(part, 0.0) for part in parts] == [""] * len(parts)
    assert smoother.push(" ", 0.0) == "".join(parts) + " "


def test_a_part_word_goes_out_when_its_time_has_come() -> None:
    smoother = Smoother()
    assert smoother.push("inter", 10.0) == ""
    assert smoother.push("nation", 10.05) == ""
    due = smoother.due()
    assert due == 10.0 + HOLD_SECONDS
    assert smoother.release(10.07) == ""
    assert smoother.release(due) == "internation"
    assert smoother.push("al", 10.1) == ""
    assert smoother.push("!", 10.1) == "al!"


def test_an_alphabet_beside_a_script_without_spaces_waits_alone() -> None:
    smoother = Smoother()
    assert smoother.push("使用Pyth", 0.0) == "使用"
    assert smoother.push("on编程", 0.0) == "Python编程"


def test_letters_that_are_data_are_not_taken_for_a_word() -> None:
    smoother = Smoother()
    out = [smoother.push("QUJDabcd", 0.0) for _ in range(1000)]
    assert len("".join(out)) >= 8000 - LONGEST_WORD
    assert smoother.push("x" * 100_000, 0.0).endswith("x" * 100_000)
