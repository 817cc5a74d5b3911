"""An answer that broke off is continued: what was said stays, and nothing is said twice."""

from uuid import uuid4

import pytest

from chat.errors import ChatError
from chat.events import Delta, Picture, ReasoningDelta, Reclassified, TextDelta, Upstream
from chat.generation.completion_run import CONTINUE
from chat.providers.base import CompletionRequest, Turn
from chat.providers.thinking import ThoughtSplitter
from tests.generation.scripted import DONE, HANG, REQUEST, Heard, Scripted
from tests.generation.test_completion_run import passing, turning_down


async def test_a_continuation_asks_as_the_server_wants_it() -> None:
    source = Scripted([turning_down("stream_options")], ["half", passing("interrupted")], [" and half", *DONE])
    await Heard(source).run.run()
    assert source.requests[2].learnt.refused == {"stream_options"}


async def test_after_text_the_answer_is_continued_from_the_partial() -> None:
    source = Scripted(["The river keeps", passing("interrupted")], [" its own time.", *DONE])
    heard = Heard(source)
    assert await heard.run.run() == "stop"
    assert heard.text == "The river keeps its own time."
    assert source.requests[1].turns == (
        *REQUEST.turns,
        Turn("assistant", "The river keeps"),
        Turn("user", CONTINUE),
    )
    assert [news.attempt for news in heard.news] == [2]


async def test_what_a_continuation_repeats_is_left_out() -> None:
    partial = "Once there was a river that kept its own time"
    again = ["that kept ", "its own ", "time", " and the town", " learned it.", *DONE]
    heard = Heard(Scripted([partial, passing()], list(again)))
    await heard.run.run()
    assert heard.text == f"{partial} and the town learned it."


@pytest.mark.parametrize("rest", [" time. The end.", "time", " keeps keeping"])
async def test_what_a_continuation_says_anew_stays_whole(rest: str) -> None:
    heard = Heard(Scripted(["The river keeps", passing()], [*rest, *DONE]))
    await heard.run.run()
    assert heard.text == "The river keeps" + rest


async def test_a_continuation_that_thinks_again_leaves_the_partial_the_answer_that_it_is() -> None:
    first = ["Hm.", Reclassified(), "The river keeps", passing()]
    source = Scripted(first, [ReasoningDelta("Where was I?"), " its time.", *DONE])
    heard = Heard(source)
    await heard.run.run()
    assert heard.log.content == "The river keeps its time."
    # Asked for as one that begins with thoughts, it is not told so too late.
    assert [request.learnt.begins_in_thought for request in source.requests] == [False, True]


@pytest.mark.parametrize("thought", [ReasoningDelta("Hm."), Reclassified()])
async def test_what_was_told_apart_from_thoughts_is_none_because_of_a_closing_tag_in_a_continuation(
    thought: Delta,
) -> None:
    first = ["Hm.", thought] if isinstance(thought, Reclassified) else [thought]
    source = Scripted([*first, "The river keeps", passing()], [" its", Reclassified(), " time.", *DONE])
    heard = Heard(source)
    await heard.run.run()
    assert heard.log.content == "The river keeps its time."


async def test_an_answer_is_continued_only_so_often() -> None:
    heard = Heard(Scripted(["one", passing()], [" two", passing()], ["never", *DONE]), continuations=1)
    with pytest.raises(ChatError) as caught:
        await heard.run.run()
    assert caught.value.code == "interrupted"
    assert heard.text == "one two"
    assert len(heard.run.attempts) == 2


async def test_thoughts_alone_are_no_text_to_continue_from() -> None:
    source = Scripted([ReasoningDelta("Hm."), passing()], ["Well.", *DONE])
    heard = Heard(source)
    await heard.run.run()
    assert heard.text == "Well."
    assert source.requests[1] == REQUEST


async def test_silence_in_the_middle_is_continued_from_there() -> None:
    source = Scripted(["half", HANG], [" and half", *DONE])
    heard = Heard(source, idle=0.05)
    assert await heard.run.run() == "stop"
    assert heard.text == "half and half"


async def test_a_continuation_shows_the_model_no_address_of_ours() -> None:
    async def keep(picture: Picture) -> str:
        return f"\n\n![picture](/api/files/{uuid4()})\n\n"

    source = Scripted(["Look: ", Picture("image/png", b"dot"), "It is", passing()], [" round.", *DONE])
    heard = Heard(source, keep=keep)
    await heard.run.run()
    assert source.requests[1].turns[-2] == Turn("assistant", "Look: \n\n(a picture)\n\nIt is")
    assert heard.text.endswith("It is round.")


async def test_text_that_turns_out_to_be_thought_is_not_continued_from() -> None:
    source = Scripted(["Hm. So", Reclassified(), passing("network_error")], ["Here.", *DONE])
    heard = Heard(source)
    await heard.run.run()
    assert len(source.requests) == 2
    assert source.requests[1].turns == source.requests[0].turns


async def test_a_continuation_of_a_model_that_begins_in_thought_loses_no_text() -> None:
    """What the first half taught is known to the second: its thoughts are no text that takes the first half along."""

    def second(request: CompletionRequest) -> list[Upstream]:
        splitter = ThoughtSplitter(begins_in_thought=request.learnt.begins_in_thought)
        pieces = [TextDelta(each) for each in ("Go on.", "</think>\n\n", " and half")]
        return [event for piece in pieces for event in splitter.split(piece)]

    heard = Heard(Scripted(["Hm.\n", Reclassified(), "half", passing("interrupted")], [second, *DONE]))
    await heard.run.run()
    assert heard.run.learnt.begins_in_thought
    last = max(number for number, event in enumerate(heard.said) if isinstance(event, Reclassified))
    assert "".join(event.content for event in heard.said[last:] if isinstance(event, TextDelta)) == "half and half"
