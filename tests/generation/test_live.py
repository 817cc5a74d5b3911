"""A generation outlives whoever asked for it, for as long as it may, and always says how it ended."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat import database
from chat.errors import ChatError
from chat.events import Done, Failed, Started
from chat.generation import control
from chat.models import ApiKey, Generation
from tests.generation.following import follow
from tests.generation.living import all_of, begin, stored, text_of, until_said
from tests.generation.scripted import DONE, HANG, REQUEST, Scripted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_nothing_is_left")]


async def test_every_follower_sees_the_same(generation: Generation) -> None:
    running = begin(generation, Scripted(["one ", "two ", "three", *DONE]))
    followers = await asyncio.gather(*(all_of(follow(running)) for _ in range(3)))
    assert {text_of(events) for events in followers} == {"one two three"}
    assert all(isinstance(events[0], Started) and isinstance(events[-1], Done) for events in followers)


async def test_nobody_needs_to_follow(generation: Generation) -> None:
    running = begin(generation, Scripted(["unheard", *DONE]))
    assert running.task is not None
    await running.task
    assert (await stored(generation)).content == "unheard"


@pytest.mark.parametrize("can_return", [True, False])
async def test_the_grace_begins_when_the_last_follower_leaves(generation: Generation, can_return: bool) -> None:
    source = Scripted(["half ", HANG])
    running = begin(generation, source, grace=0.1 if can_return else 60)
    async with aclosing(follow(running, can_return=can_return)) as events:
        assert isinstance((await anext(events))[1], Started)  # type: ignore[index]
        await until_said(running, "half ")
        await asyncio.sleep(0.3)
        assert source.closed == 0
    assert running.task is not None
    await asyncio.wait_for(running.task, 5)
    message = await stored(generation)
    assert (message.content, message.finish_reason) == ("half ", "disconnected")
    assert source.closed == 1


async def test_a_follower_who_returns_in_time_keeps_it_going(generation: Generation) -> None:
    running = begin(generation, Scripted(["half ", HANG]), grace=0.3)
    for _ in range(4):
        async with aclosing(follow(running)) as events:
            await anext(events)
            await asyncio.sleep(0.15)
        await asyncio.sleep(0.1)
    assert not running.tail
    running.stop()
    assert running.task is not None
    await running.task


async def test_for_ever_means_to_the_end(generation: Generation) -> None:
    source = Scripted(["half ", HANG])
    running = begin(generation, source, grace=None)
    async with aclosing(follow(running)) as events:
        await anext(events)
    await asyncio.sleep(0.3)
    assert source.closed == 0
    running.stop()
    assert running.task is not None
    await running.task


async def test_the_whole_may_take_only_so_long(generation: Generation) -> None:
    events = await all_of(follow(begin(generation, Scripted(["half ", HANG]), total_seconds=0.2)))
    assert isinstance(events[-1], Failed)
    assert (events[-1].error_type, text_of(events)) == ("timeout", "half ")
    assert (await stored(generation)).status == "interrupted"


async def test_a_part_word_goes_out_by_itself(generation: Generation) -> None:
    running = begin(generation, Scripted(["half a wo", HANG]))
    await asyncio.wait_for(until_said(running, "half a wo"), 5)
    running.stop()
    assert text_of(await all_of(follow(running))) == "half a wo"


async def test_a_mistake_of_ours_is_an_error_and_no_traceback(generation: Generation) -> None:
    running = begin(generation, Scripted(["half ", ValueError("ours"), *DONE]))
    events = await all_of(follow(running))
    assert isinstance(events[-1], Failed)
    assert events[-1].error_type == "unknown"


@pytest.mark.parametrize(("text", "is_valid"), [('{"a": 1}', True), ('{"a": ', False)])
async def test_structured_output_is_parsed_or_refused_and_kept(
    generation: Generation, text: str, is_valid: bool
) -> None:
    request = replace(REQUEST, response_format={"type": "json_object"})
    events = await all_of(follow(begin(generation, Scripted([text, *DONE]), request)))
    assert (await stored(generation)).content == text
    if is_valid:
        assert isinstance(events[-1], Done)
        assert events[-1].parsed == {"a": 1}
    else:
        assert isinstance(events[-1], Failed)
        assert "not valid JSON" in events[-1].message


async def test_a_drain_ends_everything_and_keeps_what_was_said(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = begin(generation, Scripted(["half ", HANG]))
    await until_said(running, "half ")
    await asyncio.wait_for(control.running().drain(), 5)
    message = await stored(generation)
    assert (message.status, message.content) == ("interrupted", "half ")
    with pytest.raises(ChatError), control.running().begin():
        pass


async def test_a_stop_asked_for_in_the_database_is_obeyed(generation: Generation) -> None:
    running = begin(generation, Scripted(["half ", HANG]))
    await database.run(lambda: Generation.objects.update(stop_requested_at=timezone.now()))
    events = await asyncio.wait_for(all_of(follow(running)), 5)
    assert isinstance(events[-1], Done)
    assert events[-1].finish_reason == "stopped"


@pytest.mark.parametrize("what", ["user", "key"])
async def test_who_may_not_be_here_any_more_is_cut_off(generation: Generation, alice: User, what: str) -> None:
    if what == "key":
        generation.api_key, _ = await database.run(ApiKey.issue, alice, "k")
    running = begin(generation, Scripted(["half ", HANG]))
    await until_said(running, "half ")
    if what == "user":
        await database.run(lambda: User.objects.update(is_active=False))
    else:
        await database.run(lambda: ApiKey.objects.update(revoked_at=timezone.now()))
    events = await asyncio.wait_for(all_of(follow(running)), 5)
    assert isinstance(events[-1], Failed)
    assert (events[-1].error_type, events[-1].retryable) == ("interrupted", False)
