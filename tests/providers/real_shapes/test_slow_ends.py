"""Reasons to end that come with words which go on: over a real line, for longer than a silence may last."""

import time
from collections.abc import AsyncIterator
from typing import Final

import pytest

from chat.errors import ChatError
from chat.events import Finished, ReasoningDelta
from chat.providers.base import Provider
from tests.harness.upstream.process import Upstream
from tests.providers.asking import KEY, ask, failing, said
from tests.providers.formats import Wire
from tests.providers.real_shapes.case import COMPLETIONS, MESSAGES, event
from tests.providers.real_shapes.ends import TEXT, WORDS

# Twelve words 0.8 s apart and a minute of patience, in proportion.
PACE: Final = 0.15
PATIENCE: Final = 1.0
FORMATS: Final = {"openai": COMPLETIONS, "anthropic": MESSAGES}


@pytest.fixture
async def patient(wire: Wire, upstream: Upstream) -> AsyncIterator[Provider]:
    connected = wire.at(upstream, KEY, idle_timeout=PATIENCE)
    yield connected
    await connected.aclose()


async def test_words_with_a_reason_on_each_all_come(
    wire: Wire, patient: Provider, upstream: Upstream, model: str
) -> None:
    shape = FORMATS[wire.name]
    upstream.script(model, raw=[*(shape.said(word, "stop") for word in WORDS), shape.mark], delay=PACE)
    began = time.monotonic()
    events = await ask(patient, model)
    assert (said(events), events[-1]) == (TEXT, Finished("stop"))
    # It went on for longer than it would have been waited for.
    assert time.monotonic() - began > PATIENCE


async def test_the_text_after_thoughts_with_a_reason_on_each_comes(
    wire: Wire, patient: Provider, upstream: Upstream, model: str
) -> None:
    shape = FORMATS[wire.name]
    thoughts = [shape.thought(word, "stop") for word in WORDS[:8]]
    upstream.script(model, raw=[*thoughts, shape.said("Yes."), shape.ended("length"), shape.mark], delay=PACE)
    events = await ask(patient, model)
    assert "".join(event.content for event in events if isinstance(event, ReasoningDelta)) == "".join(WORDS[:8])
    assert (said(events), events[-1]) == ("Yes.", Finished("length"))


async def test_words_between_tags_with_a_reason_on_each_all_come(
    wire: Wire, patient: Provider, upstream: Upstream, model: str
) -> None:
    shape = FORMATS[wire.name]
    pieces = ["<th", "ink>", "Hm", *"\n\n  \n\n  \n", "so", "</th", "ink>", "\n", "\n", "Yes."]
    upstream.script(model, raw=[*(shape.said(piece, "stop") for piece in pieces), shape.mark], delay=PACE)
    events = await ask(patient, model)
    assert "".join(event.content for event in events if isinstance(event, ReasoningDelta)) == "Hm\n\n  \n\n  \nso"
    assert (said(events), events[-1]) == ("Yes.", Finished("stop"))


async def test_a_silence_after_a_reason_on_the_last_word_is_an_end(
    wire: Wire, patient: Provider, upstream: Upstream, model: str
) -> None:
    shape = FORMATS[wire.name]
    raw = [*(shape.said(word) for word in WORDS[:2]), shape.said(WORDS[2], "stop")]
    upstream.script(model, raw=raw, then="hang", after=3, ping_every=0.1)
    events = await ask(patient, model)
    assert (said(events), events[-1]) == ("".join(WORDS[:3]), Finished("stop"))
    await upstream.until(model, lambda record: record.ended == "client_closed")


async def test_a_silence_after_a_reason_on_each_word_is_no_end(
    wire: Wire, patient: Provider, upstream: Upstream, model: str
) -> None:
    shape = FORMATS[wire.name]
    raw = [shape.said(word, "stop") for word in WORDS[:3]]
    upstream.script(model, raw=raw, then="hang", after=3, ping_every=0.1)
    events, error = await failing(patient, model)
    assert (said(events), error.code) == ("".join(WORDS[:3]), "timeout")


@pytest.mark.parametrize("loss", ["close", "reset"])
async def test_a_line_that_is_lost_among_words_with_a_reason_on_each_is_no_end(
    loss: str, wire: Wire, patient: Provider, upstream: Upstream, model: str
) -> None:
    shape = FORMATS[wire.name]
    upstream.script(model, raw=[shape.said(word, "stop") for word in WORDS[:3]], then=loss, after=3, delay=0.02)
    with pytest.raises(ChatError) as caught:
        await ask(patient, model)
    assert caught.value.code == "interrupted"


async def test_a_line_that_is_lost_after_the_counts_has_ended(
    wire: Wire, patient: Provider, upstream: Upstream, model: str
) -> None:
    shape = FORMATS[wire.name]
    counts = event({"type": "message_delta", "choices": [], "usage": {"completion_tokens": 3, "output_tokens": 3}})
    raw = [*(shape.said(word, "stop") for word in WORDS[:3]), counts]
    upstream.script(model, raw=raw, then="close", after=4, delay=0.02)
    events = await ask(patient, model)
    assert (said(events), events[-1]) == ("".join(WORDS[:3]), Finished("stop"))
