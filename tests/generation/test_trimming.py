"""What is sent instead of a prompt that was refused for its length."""

import pytest

from chat.errors import ChatError, Refusal
from chat.events import Status, TextDelta
from chat.generation.completion_run import CompletionRun
from chat.generation.entry import Entry
from chat.generation.log import GenerationLog
from chat.generation.retry_policy import Policy
from chat.generation.trimming import TRIMMED, shortened
from chat.providers.base import CompletionRequest, Turn
from tests.generation.scripted import DONE, Scripted

WORDS = "plain words of a longer message that says little, " * 8
SYSTEM = Turn("system", "Be brief.")
HISTORY = tuple(Turn("assistant" if n % 2 else "user", f"{n} {WORDS}") for n in range(20))
QUESTION = Turn("user", "Why?")
TURNS = (SYSTEM, *HISTORY, QUESTION)


def numbers(turns: tuple[Turn, ...] | None) -> list[int]:
    """Return which turns of the history were kept; the first and the last always are."""
    assert turns is not None
    assert (turns[0], turns[-1]) == (SYSTEM, QUESTION)
    return [int(turn.content.split()[0]) for turn in turns[1:-1]]


def test_without_a_number_half_is_sent() -> None:
    # With the question it is just more than half: an exchange less is sent.
    assert numbers(shortened(TURNS, None, None)) == list(range(12, 20))
    assert numbers(shortened(TURNS, Refusal(), None)) == list(range(12, 20))


def test_as_much_is_sent_as_the_refusal_says_is_taken() -> None:
    # The prompt was 2,000 tokens, as the server counts; 1,000 are taken, of which a quarter is for the answer.
    kept = numbers(shortened(TURNS, Refusal(window=1000, prompt_tokens=2000), None))
    assert kept == list(range(kept[0], 20))
    assert 0.28 < len(kept) / 20 < 0.36
    assert kept[0] % 2 == 0


def test_a_limit_that_the_server_sets_aside_leaves_less() -> None:
    free = numbers(shortened(TURNS, Refusal(window=1000, prompt_tokens=2000), None))
    assert len(numbers(shortened(TURNS, Refusal(window=1000, prompt_tokens=2000), 600))) < len(free)


def test_what_cannot_be_left_out_is_sent_alone_and_what_fits_is_not_refused_for_its_length() -> None:
    assert numbers(shortened(TURNS, Refusal(window=10, prompt_tokens=2000), None)) == []
    assert shortened((SYSTEM, QUESTION), None, None) is None
    assert shortened((QUESTION,), None, None) is None
    assert shortened(TURNS, Refusal(window=9000, prompt_tokens=2000), None) is None


def refused(window: int | None = None, prompt_tokens: int | None = None) -> ChatError:
    error = ChatError("context_length", "Too long.")
    error.refusal = Refusal(window=window, prompt_tokens=prompt_tokens)
    return error


def writing(source: Scripted) -> tuple[CompletionRun, list[Entry]]:
    log = GenerationLog()
    return CompletionRun(source, CompletionRequest("model", TURNS), Policy(0, 1, 5, 5), log), log._entries


async def test_a_refusal_for_length_is_answered_once_by_sending_less_and_the_reader_is_told() -> None:
    source = Scripted([refused(window=1000, prompt_tokens=2000)], ["Well.", *DONE])
    answer, said = writing(source)
    assert await answer.run() == "stop"
    assert said == [TRIMMED, TextDelta("Well.")]
    assert isinstance(TRIMMED, Status)
    assert len(source.requests[1].turns) < len(TURNS)
    assert [attempt.error and attempt.error.code for attempt in answer.attempts] == ["context_length", None]
    assert answer.window == 1000


async def test_what_is_still_too_long_is_an_error_and_the_window_is_known() -> None:
    source = Scripted([refused()], [refused(window=500)])
    answer, _ = writing(source)
    with pytest.raises(ChatError, match="Too long"):
        await answer.run()
    assert (len(source.requests), answer.window) == (2, 500)


async def test_a_continuation_that_is_too_long_keeps_what_it_goes_on_from() -> None:
    broken = ChatError("interrupted", "Cut.")
    source = Scripted(["half", broken], [refused()], [" and half", *DONE])
    answer, _ = writing(source)
    assert await answer.run() == "stop"
    *kept, partial, more = source.requests[2].turns
    assert (kept[0], kept[-1]) == (SYSTEM, QUESTION)
    assert (partial, more.role) == (Turn("assistant", "half"), "user")
    assert len(kept) < len(TURNS)
