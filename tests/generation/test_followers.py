"""Followers are woken at every word, and told of silence."""

import asyncio

from chat.generation.followers import Followers

LONG = 60.0


def followers_of(count: int) -> list[Followers]:
    """Return the followers of that many generations, one each."""
    found = [Followers(None, lambda: None) for _ in range(count)]
    for followers in found:
        followers.enter()
    return found


async def waiting(followers: Followers) -> "asyncio.Task[bool]":
    """Return a follower's wait for news, begun."""

    async def wait() -> bool:
        return await followers.news(LONG)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    return task


async def test_those_who_follow_are_woken_and_nobody_else() -> None:
    some = followers_of(3)
    tasks = [await waiting(followers) for followers in some]
    some[0].ring()
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [True, False, False]
    for followers in some[1:]:
        followers.dismiss()
    assert all(await asyncio.gather(*tasks))
    # The next news wakes them again.
    again = await waiting(some[0])
    some[0].ring()
    assert await again


async def test_silence_is_told_again_and_again() -> None:
    (followers,) = followers_of(1)
    assert not await followers.news(0.001)
    assert not await followers.news(0.001)


async def test_one_who_leaves_while_waiting_takes_nobody_along() -> None:
    (followers,) = followers_of(1)
    followers.enter()
    leaves, stays = await waiting(followers), await waiting(followers)
    leaves.cancel()
    await asyncio.sleep(0)
    followers.ring()
    assert await stays
