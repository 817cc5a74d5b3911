"""The scripted cache of prompts does what Anthropic's documentation says."""

from typing import Any

from tests.harness.upstream.cache import Cache, Passed

LIFE = 300.0
MARK = {"type": "ephemeral"}


def body(*sizes: int, mark: dict[str, str] | None = MARK, model: str = "claude") -> dict[str, Any]:
    """A conversation whose messages have so many tokens each."""
    turns = [{"role": "user", "content": f"{number} " * size} for number, size in enumerate(sizes)]
    return {"model": model, "messages": turns} | ({"cache_control": mark} if mark else {})


def test_what_came_before_is_read_and_what_is_new_is_written() -> None:
    cache = Cache()
    assert cache.passed(body(1500), 0, LIFE) == Passed(0, 1500)
    assert cache.passed(body(1500, 20, 30), 10, LIFE) == Passed(1500, 50)
    assert cache.passed(body(1500, 20, 30), 10, LIFE) == Passed(1550, 0)


def test_nothing_is_kept_without_a_mark_or_under_1024_tokens() -> None:
    cache = Cache()
    assert cache.passed(body(1023), 0, LIFE) == Passed()
    assert cache.passed(body(1500, mark=None), 0, LIFE) == Passed()
    assert cache.passed(body(1500), 1, LIFE) == Passed(0, 1500)


def test_reading_renews_for_another_five_minutes_and_silence_loses() -> None:
    cache = Cache()
    cache.passed(body(1500), 0, LIFE)
    assert cache.passed(body(1500, 1), 299, LIFE).read == 1500
    # The first prefix was renewed at 299, too.
    assert cache.passed(body(1500, 2), 598, LIFE).read == 1500
    assert cache.passed(body(1500, 3), 898, LIFE) == Passed(0, 1503)


def test_an_hour_is_an_hour_and_is_told_apart() -> None:
    cache = Cache()
    hour = {"type": "ephemeral", "ttl": "1h"}
    assert cache.passed(body(1500, mark=hour), 0, LIFE) == Passed(0, 1500, 1500)
    assert cache.passed(body(1500, 1, mark=hour), 3599, LIFE) == Passed(1500, 1, 1)


def test_another_beginning_or_model_is_another_prefix() -> None:
    cache = Cache()
    cache.passed(body(1500, 7), 0, LIFE)
    assert cache.passed(body(1501, 7), 1, LIFE).read == 0
    assert cache.passed(body(1500, 7, model="other"), 1, LIFE).read == 0


def test_twenty_blocks_after_it_a_prefix_is_not_found() -> None:
    cache = Cache()
    cache.passed(body(1500), 0, LIFE)
    assert cache.passed(body(1500, *[1] * 19), 1, LIFE).read == 1500
    cache = Cache()
    cache.passed(body(1500), 0, LIFE)
    assert cache.passed(body(1500, *[1] * 20), 1, LIFE).read == 0
