"""A provider that says nothing: how long it is waited for, and what is told then."""

from typing import Any

import pytest

from chat.providers.base import Provider
from tests.harness.upstream.process import Upstream as Server
from tests.harness.upstream.script import default_text
from tests.providers.asking import KEY, ask, failing, said
from tests.providers.formats import Wire


@pytest.mark.parametrize(
    "knobs",
    [{"before_headers": True}, {}, {"after": 2}, {"after": 2, "ping_every": 0.05}, {"ping_every": 0.05}],
    ids=["before the headers", "before the text", "after text", "after text but for pings", "but for pings"],
)
async def test_silence_is_a_timeout(knobs: dict[str, Any], impatient: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, then="hang", **knobs)
    found, error = await failing(impatient, model)
    assert said(found) == default_text(knobs.get("after", 0))
    assert error.code == "timeout"
    await upstream.until(model, lambda record: record.ended == "client_closed")


@pytest.mark.parametrize("knobs", [{"delay_headers": 0.8}, {"delay_first": 0.8}, {"then": "hang", "hang_seconds": 0.8}])
@pytest.mark.parametrize("pings", [None, 0.05])
async def test_a_first_word_may_take_longer_than_those_after_it(
    knobs: dict[str, Any], pings: float | None, wire: Wire, upstream: Server, model: str
) -> None:
    upstream.scripts(model, {**knobs, "ping_every": pings}, {"then": "hang", "after": 2, "ping_every": pings})
    patient = wire.at(upstream, KEY, idle_timeout=0.3, first_token_timeout=20)
    assert said(await ask(patient, model)) == default_text()
    found, error = await failing(patient, model)
    assert said(found) == default_text(2)
    assert (error.code, error.message, error.repeat) == (
        "timeout",
        "The model said nothing more for 0.3 s.",
        "as_it_was",
    )
    await patient.aclose()


@pytest.mark.parametrize("knobs", [{"before_headers": True}, {}, {"ping_every": 0.05}])
async def test_a_first_word_that_does_not_come_is_not_worth_another_request(
    knobs: dict[str, Any], impatient: Provider, upstream: Server, model: str
) -> None:
    upstream.script(model, then="hang", **knobs)
    _, error = await failing(impatient, model)
    assert (error.retryable, error.repeat) == (True, "never")
    assert "first word" in error.message


async def test_slow_words_are_no_silence(impatient: Provider, upstream: Server, model: str) -> None:
    upstream.script(model, tokens=5, delay=0.15)
    assert said(await ask(impatient, model)) == default_text(5)
