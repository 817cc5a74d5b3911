"""What an answer teaches of the server that gave it."""

import pytest

from chat.events import Finished
from chat.providers.base import Learnt

SAID = {"text": "Yes.", "thought": "", "was_reclassified": False}
NO_REASON = Finished("other", "none")


def test_three_answers_in_a_row_without_a_reason_are_a_habit() -> None:
    learnt = Learnt()
    for answers in (1, 2, 3):
        assert not learnt.gives_no_reason
        learnt = learnt.after(NO_REASON, **SAID)  # type: ignore[arg-type]
        assert learnt.answers_without_reason == answers
    assert learnt.gives_no_reason
    assert learnt.after(Finished("stop", "none"), **SAID) == learnt  # type: ignore[arg-type]


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_one_reason_among_them_says_that_the_others_were_cut_off(before: int) -> None:
    learnt = Learnt()
    for _ in range(before):
        learnt = learnt.after(NO_REASON, **SAID)  # type: ignore[arg-type]
    learnt = learnt.after(Finished("stop"), **SAID)  # type: ignore[arg-type]
    for _ in range(5):
        learnt = learnt.after(NO_REASON, **SAID)  # type: ignore[arg-type]
    assert not learnt.gives_no_reason


def test_a_server_that_gives_reasons_is_known_for_it_once() -> None:
    learnt = Learnt().after(Finished("stop"), **SAID)  # type: ignore[arg-type]
    assert learnt == Learnt(gives_reasons=True)
    assert learnt.after(Finished("length"), **SAID) is learnt  # type: ignore[arg-type]


def test_thoughts_that_only_a_closing_tag_ended_are_expected_from_then_on() -> None:
    learnt = Learnt().after(Finished("stop"), text="Yes.", thought="Hm.\n", was_reclassified=True)
    assert learnt.begins_in_thought
    assert learnt.after(None, text="", thought="Hm.", was_reclassified=False) == learnt
    assert learnt.after(Finished("length"), text="", thought="Hm.", was_reclassified=False) == learnt


def test_a_sentence_about_the_tag_teaches_nothing() -> None:
    """Else the next answer of the model, whoever asks, would be a thought and no text."""
    learnt = Learnt().after(Finished("stop"), text="ends it.", thought="The tag ", was_reclassified=True)
    assert not learnt.begins_in_thought


@pytest.mark.parametrize("text", ["", "Yes."])
def test_an_answer_that_was_taken_for_a_thought_is_not_taken_for_one_again(text: str) -> None:
    learnt = Learnt(begins_in_thought=True).after(Finished("stop"), text=text, thought="Yes.", was_reclassified=False)
    assert not learnt.begins_in_thought


def test_who_has_the_tag_written_takes_no_more_than_one_answer_from_others() -> None:
    learnt = Learnt().after(Finished("stop"), text="Yes.", thought="Say", was_reclassified=True)
    learnt = learnt.after(Finished("stop"), text="", thought="Another's answer.", was_reclassified=False)
    learnt = learnt.after(Finished("stop"), text="Yes.", thought="Say", was_reclassified=True)
    assert not learnt.begins_in_thought


@pytest.mark.parametrize("end", [Finished("stop", "none"), NO_REASON, Finished("other", "xyz")])
def test_an_answer_taken_for_a_thought_is_noticed_however_it_ended(end: Finished) -> None:
    learnt = Learnt(begins_in_thought=True).after(end, text="", thought="Yes.", was_reclassified=False)
    assert not learnt.begins_in_thought
