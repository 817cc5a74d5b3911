"""Followers are woken: at every word where there are a few, together in a crowd, and told of silence."""

import asyncio

from chat.generation.audience import CROWD, Audience

LONG = 60.0


def audiences(count: int) -> list[Audience]:
    """Return audiences of one follower each."""
    found = [Audience(None, lambda: None) for _ in range(count)]
    for audience in found:
        audience.enter()
    return found


async def waiting(audience: Audience) -> "asyncio.Task[bool]":
    """Return a follower's wait for news, begun."""
    task = asyncio.create_task(audience.news(LONG))
    await asyncio.sleep(0)
    return task


async def test_a_few_are_woken_at_once() -> None:
    some = audiences(CROWD)
    tasks = [await waiting(audience) for audience in some]
    some[0].ring()
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [True] + [False] * (CROWD - 1)
    for audience in some[1:]:
        audience.dismiss()
    assert all(await asyncio.gather(*tasks))


async def test_a_crowd_is_woken_together_and_nobody_is_forgotten() -> None:
    crowd = audiences(CROWD + 1)
    tasks = [await waiting(audience) for audience in crowd]
    for audience in crowd:
        audience.ring()
        audience.ring()
    await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)
    assert all(await asyncio.gather(*tasks))
    # The next news wakes them again.
    again = await waiting(crowd[0])
    crowd[0].ring()
    assert await again


async def test_a_crowd_that_has_gone_is_none() -> None:
    crowd = audiences(CROWD + 1)
    crowd.pop().leave(can_return=True)
    task = await waiting(crowd[0])
    crowd[0].ring()
    await asyncio.sleep(0)
    assert task.done()
    assert await task


async def test_silence_is_told_again_and_again() -> None:
    (audience,) = audiences(1)
    assert not await audience.news(0.001)
    assert not await audience.news(0.001)


async def test_one_who_leaves_while_waiting_takes_nobody_along() -> None:
    (audience,) = audiences(1)
    audience.enter()
    leaves, stays = await waiting(audience), await waiting(audience)
    leaves.cancel()
    await asyncio.sleep(0)
    audience.ring()
    assert await stays


async def test_the_end_wakes_a_crowd_without_delay() -> None:
    crowd = audiences(CROWD + 1)
    task = await waiting(crowd[0])
    crowd[0].dismiss()
    await asyncio.sleep(0)
    assert task.done()
