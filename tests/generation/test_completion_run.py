"""A provider is asked again before the first word, and asked to continue after it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from chat.errors import ChatError, Refusal, silence
from chat.events import Finished, Picture, Unreadable, Usage
from chat.generation.entry import UNREADABLE
from chat.generation.retry_policy import delay_seconds
from chat.providers.base import CompletionRequest, Sink, push, unheeded
from tests.generation.scripted import DONE, HANG, REQUEST, UNSENT, USAGE, Heard, Scripted

SOON = 0.01


def passing(code: str = "api_error") -> ChatError:
    return ChatError(code, "The model is busy.", retry_after=SOON)


@pytest.mark.parametrize("code", ["rate_limit", "timeout", "network_error", "api_error", "interrupted"])
async def test_what_may_pass_is_tried_again_before_the_first_word(code: str) -> None:
    heard = Heard(Scripted([passing(code)], [passing(code)], ["All ", "well.", *DONE]))
    assert await heard.run.run() == "stop"
    assert heard.text == "All well."
    assert [(news.attempt, news.retry_in) for news in heard.news] == [(2, SOON), (3, SOON)]
    assert "Trying again in 1 s." in heard.news[0].message
    assert [attempt.error and attempt.error.code for attempt in heard.run.attempts] == [code, code, None]


async def test_tries_come_to_an_end() -> None:
    refusals: list[list[object]] = [[passing()] for _ in range(9)]
    source = Scripted(*refusals)
    heard = Heard(source, retries=3)
    with pytest.raises(ChatError) as caught:
        await heard.run.run()
    assert caught.value.code == "api_error"
    assert len(source.requests) == 4


@pytest.mark.parametrize("code", ["authentication", "context_length", "content_filter", "budget"])
async def test_what_will_not_pass_is_not_tried_again(code: str) -> None:
    source = Scripted([ChatError(code, "No.")])
    with pytest.raises(ChatError, match=r"^No\.$"):
        await Heard(source).run.run()
    assert len(source.requests) == 1


async def test_an_error_that_says_so_is_not_tried_again() -> None:
    source = Scripted([ChatError("api_error", "Not found.", retryable=False)])
    with pytest.raises(ChatError, match="Not found"):
        await Heard(source).run.run()
    assert len(source.requests) == 1


async def test_a_longer_pause_than_a_minute_is_not_waited_for_and_its_end_is_told() -> None:
    source = Scripted([ChatError("rate_limit", "Too many requests.", retry_after=3600)])
    with pytest.raises(ChatError, match=r"It can be asked again at \d\d:\d\d UTC\."):
        await Heard(source).run.run()
    assert len(source.requests) == 1


@pytest.mark.parametrize(("retries", "least", "most"), [(0, 1, 2), (1, 2, 3), (2, 4, 5), (3, 8, 9), (9, 8, 9)])
def test_the_delay_doubles_up_to_a_limit(retries: int, least: float, most: float) -> None:
    assert all(least <= delay_seconds(retries) <= most for _ in range(100))


def turning_down(*parameters: str) -> ChatError:
    error = ChatError("api_error", "The provider refused the request.", retryable=False)
    error.refusal = Refusal(frozenset(parameters))
    return error


async def test_a_refused_parameter_is_no_failure_and_takes_no_retry() -> None:
    source = Scripted([turning_down("temperature")], [passing()], ["Well.", *DONE])
    heard = Heard(source, retries=1)
    assert await heard.run.run() == "stop"
    assert [request.learnt.refused for request in source.requests] == [set(), {"temperature"}, {"temperature"}]
    # Of the refusal nothing is said.
    assert [news.attempt for news in heard.news] == [3]
    assert heard.run.learnt == replace(source.requests[-1].learnt, gives_reasons=True)


async def test_what_is_refused_again_and_again_comes_to_an_end() -> None:
    source = Scripted([turning_down("temperature")], [turning_down("temperature")])
    heard = Heard(source)
    with pytest.raises(ChatError, match="refused the request"):
        await heard.run.run()
    assert heard.run.learnt == REQUEST.learnt


async def test_a_stream_that_ends_without_a_finish_is_no_success() -> None:
    heard = Heard(Scripted(["half"]), continuations=0)
    with pytest.raises(ChatError) as caught:
        await heard.run.run()
    assert caught.value.code == "interrupted"


async def test_silence_before_the_first_word_closes_the_line_and_is_not_tried_again() -> None:
    source = Scripted([HANG], ["Here.", Finished("stop")])
    heard = Heard(source, first=0.05, retries=1)
    with pytest.raises(ChatError, match=r"nothing for 0\.05 s") as caught:
        await heard.run.run()
    # A person may ask again.
    assert (caught.value.code, caught.value.retryable) == ("timeout", True)
    assert (source.closed, len(source.requests)) == (1, 1)


async def test_a_first_word_may_take_longer_than_those_after_it() -> None:
    class Loading(Scripted):
        async def stream(self, request: CompletionRequest, sink: Sink, sent: Callable[[], None] = unheeded) -> None:
            await asyncio.sleep(0.3)
            await super().stream(request, sink, sent)

    heard = Heard(Loading(["Loaded.", HANG]), idle=0.05, continuations=0)
    with pytest.raises(ChatError, match=r"nothing more for 0\.05 s"):
        await heard.run.run()
    assert heard.text == "Loaded."


async def test_an_error_that_is_not_worth_repeating_is_not_repeated() -> None:
    source = Scripted([silence(9, has_begun=False)])
    with pytest.raises(ChatError, match="nothing for 9 s"):
        await Heard(source).run.run()
    assert len(source.requests) == 1


async def test_silence_after_a_picture_is_one_after_a_word() -> None:
    heard = Heard(Scripted([Picture("image/png", b"dot"), HANG]), idle=0.05, first=2, retries=0)
    with pytest.raises(ChatError, match=r"nothing more for 0\.05 s"):
        await asyncio.wait_for(heard.run.run(), 1)


async def test_silence_after_text_without_a_continuation_is_a_timeout() -> None:
    heard = Heard(Scripted(["half", HANG]), idle=0.05, continuations=0)
    with pytest.raises(ChatError) as caught:
        await heard.run.run()
    assert caught.value.code == "timeout"
    assert heard.text == "half"


async def test_words_keep_the_line_open_longer_than_the_idle_time() -> None:
    class Slow(Scripted):
        async def stream(self, request: CompletionRequest, sink: Sink, sent: Callable[[], None] = unheeded) -> None:
            for _ in range(10):
                await asyncio.sleep(0.05)
                await super().stream(request, sink, sent)

    steps: list[list[object]] = [["word "] for _ in range(9)]
    source = Slow(*steps, ["end", *DONE])
    heard = Heard(source, idle=0.2)
    assert await heard.run.run() == "stop"
    assert heard.text == "word " * 9 + "end"


async def test_a_cancelled_attempt_is_kept_with_what_it_said() -> None:
    source = Scripted(["half", HANG])
    heard = Heard(source)
    task = asyncio.create_task(heard.run.run())
    while not heard.text:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (attempt,) = heard.run.attempts
    assert (attempt.said.content, attempt.error, attempt.finish_reason) == ("half", None, None)
    assert attempt.ended is not None
    assert source.closed == 1


async def test_a_cancelled_attempt_keeps_the_last_count() -> None:
    heard = Heard(Scripted([Usage(prompt_tokens=3), "half", Usage(3, None, 1), " way", Usage(3, None, 2), HANG]))
    task = asyncio.create_task(heard.run.run())
    while heard.text != "half way":
        await asyncio.sleep(0)
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert heard.run.attempts[0].usage == Usage(3, None, 2)


async def test_counts_are_no_words() -> None:
    class Counting(Scripted):
        async def stream(self, request: CompletionRequest, sink: Sink, sent: Callable[[], None] = unheeded) -> None:
            for tokens in range(100):
                await asyncio.sleep(0.02)
                await push((Usage(completion_tokens=tokens),), sink)

    heard = Heard(Counting(), first=0.1, retries=0)
    with pytest.raises(ChatError) as caught:
        await heard.run.run()
    assert caught.value.code == "timeout"
    assert heard.run.attempts[0].first_token is None


async def test_an_attempt_knows_whether_it_left() -> None:
    heard = Heard(Scripted([UNSENT, passing("network_error")], [passing("network_error")], ["Here.", *DONE]))
    await heard.run.run()
    assert [attempt.sent for attempt in heard.run.attempts] == [False, True, True]


async def test_an_answer_that_cannot_be_shown_is_an_answer_and_not_asked_for_again() -> None:
    source = Scripted([*DONE], ["Again.", *DONE])
    assert await Heard(source).run.run() == "stop"
    assert len(source.requests) == 1


async def test_what_was_answered_and_billed_is_not_asked_for_again_when_it_breaks_off_unseen() -> None:
    source = Scripted([USAGE, passing("network_error")], ["Again.", *DONE])
    with pytest.raises(ChatError) as caught:
        await Heard(source).run.run()
    assert (caught.value.code, caught.value.retryable) == ("network_error", True)
    assert len(source.requests) == 1


async def test_a_model_that_loads_for_longer_than_a_minute_by_its_own_word_is_not_waited_for() -> None:
    loading = ChatError("api_error", "The model is being loaded.", retry_after=3600, repeat="once_loaded")
    source = Scripted([loading], ["Here.", *DONE])
    with pytest.raises(ChatError, match=r"It can be asked again at \d\d:\d\d UTC\."):
        await asyncio.wait_for(Heard(source).run.run(), 2)
    assert len(source.requests) == 1


async def test_a_piece_that_could_not_be_read_is_told_once() -> None:
    heard = Heard(Scripted(["One", Unreadable(), " two", Unreadable(), " three", *DONE]))
    await heard.run.run()
    assert [news.message for news in heard.news] == [UNREADABLE]
    assert heard.text == "One two three"
    assert heard.run.attempts[0].has_gaps
