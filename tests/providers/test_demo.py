"""The demo model: honest, well-formed, and paced like a model."""

import asyncio
import json
import re
import time

import pytest

from chat.events import Finished, TextDelta, Upstream, Usage
from chat.providers.base import CompletionRequest, Endpoint, ModelFacts, Turn
from chat.providers.demo import connect, quoted, speech
from tests.providers.asking import collected


def request(*questions: str, max_tokens: int | None = None) -> CompletionRequest:
    turns = [turn for asked in questions for turn in (Turn("user", asked), Turn("assistant", "An answer."))]
    return CompletionRequest("demo", tuple(turns[:-1]), max_tokens=max_tokens)


async def answer(asked: CompletionRequest) -> list[Upstream]:
    return await collected(connect(Endpoint("")), asked)


async def test_an_answer_streams_in_words_and_ends_with_usage_and_stop() -> None:
    asked = request("What can you do?")
    began = time.monotonic()
    *words, usage, end = await answer(asked)
    assert "".join(word.content for word in words if isinstance(word, TextDelta)) == speech(asked)
    assert usage == Usage(prompt_tokens=4, completion_tokens=len(words))
    assert end == Finished("stop")
    # Word by word, and not all at once.
    assert time.monotonic() - began > 2


async def test_a_limit_is_kept_and_told() -> None:
    *words, usage, end = await answer(request("What can you do?", max_tokens=5))
    assert len(words) == 5
    assert usage == Usage(prompt_tokens=4, completion_tokens=5)
    assert end == Finished("length")


async def test_an_answer_can_be_cancelled() -> None:
    task = asyncio.create_task(answer(request("What can you do?")))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_there_is_one_model() -> None:
    assert await connect(Endpoint("")).models() == [ModelFacts("demo")]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_speech_is_honest_and_says_how_to_connect_a_model(count: int) -> None:
    text = speech(request(*["What can you do?"] * count))
    assert 150 <= len(text.split()) <= 250
    assert "“What can you do?”" in text
    for needed in ("demo model", "OPENAI_API_KEY", "OPENAI_BASE_URL", "**Stop**"):
        assert needed in text
    assert text.count("```") % 2 == 0


def test_the_second_question_is_answered_in_other_words_and_always_the_same() -> None:
    one, two = speech(request("Why?")), speech(request("Why?", "Why?"))
    assert one != two
    assert two == speech(request("How?", "Why?"))


@pytest.mark.parametrize(
    "question",
    ["# Hi", "[x](javascript:alert(1))", "<b>bold</b> *stars* `code` ~x~ |", "![i](http://a/b.png)", "{0} {question}"],
)
def test_a_question_is_quoted_as_plain_text(question: str) -> None:
    assert not re.search(r"[#*\[\]()<>`~|!{}\\_]", quoted(question))
    assert quoted(question) in speech(request(question))


async def test_an_answer_in_json_is_json() -> None:
    asked = CompletionRequest("demo", (Turn("user", 'Say "hi"'),), response_format={"type": "json_object"})
    text = "".join(event.content for event in await answer(asked) if isinstance(event, TextDelta))
    assert json.loads(text)["question"] == 'Say "hi"'


def test_a_question_without_words_is_answered_too() -> None:
    assert "something without words" in speech(request("***"))
    assert "something without words" in speech(request("?!"))
    assert speech(CompletionRequest("demo", ()))


def test_a_long_question_is_cut() -> None:
    assert len(quoted("word " * 1000)) < 70
    assert len(quoted("x" * 1000)) < 70
