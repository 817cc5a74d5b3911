"""Followers are woken at every word, and told of silence."""

import asyncio

from chat.generation.followers import Followers

LONG = 60.0


def followers_of(count: int) -> list[Followers]:
    """Return audiences of one follower each."""
    found = [Followers(None, lambda: None) for _ in range(count)]
    for audience in found:
        audience.enter()
    return found


async def waiting(audience: Followers) -> "asyncio.Task[bool]":
    """Return a follower's wait for news, begun."""
    task = asyncio.create_task(audience.news(LONG))
    await asyncio.sleep(0)
    return task


async def test_those_who_follow_are_woken_and_nobody_else() -> None:
    some = followers_of(3)
    tasks = [await waiting(audience) for audience in some]
    some[0].ring()
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [True, False, False]
    for audience in some[1:]:
        audience.dismiss()
    assert all(await asyncio.gather(*tasks))
    # The next news wakes them again.
    again = await waiting(some[0])
    some[0].ring()
    assert await again


async def test_silence_is_told_again_and_again() -> None:
    (audience,) = followers_of(1)
    assert not await audience.news(0.001)
    assert not await audience.news(0.001)


async def test_one_who_leaves_while_waiting_takes_nobody_along() -> None:
    (audience,) = followers_of(1)
    audience.enter()
    leaves, stays = await waiting(audience), await waiting(audience)
    leaves.cancel()
    await asyncio.sleep(0)
    audience.ring()
    assert await stays
