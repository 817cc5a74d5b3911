"""Settings are read strictly, and a bad value is never quoted: it may be a secret."""

from pathlib import Path
from typing import Any

import pytest

from chat.checks import timeouts
from chatsite.configuration.environment import Environment
from chatsite.configuration.secret_key import secret_key


@pytest.mark.parametrize(("word", "value"), [("1", True), ("Yes", True), ("off", False), ("FALSE", False), ("", True)])
def test_a_flag_takes_the_usual_words(word: str, value: bool) -> None:
    env = Environment({"NAME": word})
    assert env.flag("NAME", default=True) is value
    assert env.problems == []


@pytest.mark.parametrize(("word", "value"), [("0", 0.0), ("forever", None), ("2.5", 2.5), ("", 60.0)])
def test_a_grace_is_seconds_none_or_for_ever(word: str, value: float | None) -> None:
    assert Environment({"NAME": word}).grace("NAME", 60.0) == value


@pytest.mark.parametrize(("word", "value", "problems"), [("", "text", 0), ("JSON", "json", 0), ("xml", "text", 1)])
def test_a_choice_is_one_of_its_words(word: str, value: str, problems: int) -> None:
    env = Environment({"NAME": word})
    assert env.choice("NAME", ("text", "json")) == value
    assert len(env.problems) == problems


@pytest.mark.parametrize("word", ["x", "-1", "1.5", "1e3", "٣", "0x10"])
def test_a_whole_number_is_nothing_else(word: str) -> None:
    env = Environment({"NAME": word})
    assert env.whole_number("NAME", 7) == 7
    assert len(env.problems) == 1
    assert "NAME" in env.problems[0]


@pytest.mark.parametrize("word", ["x", "-1", "0", "nan", "inf"])
def test_seconds_are_a_number_above_zero(word: str) -> None:
    env = Environment({"NAME": word})
    assert env.seconds("NAME", 60.0) == 60.0
    assert len(env.problems) == 1


def test_a_problem_never_quotes_the_value() -> None:
    env = Environment({"DATABASE_URL": "hunter2://secret"})
    assert env.url("DATABASE_URL", {"postgres"}) == ""
    assert "hunter2" not in env.problems[0]


def test_lists_are_split_at_commas() -> None:
    env = Environment({"HOSTS": " a.example , b.example,", "ORIGINS": "https://a.example", "BAD": "a.example"})
    assert env.words("HOSTS") == ["a.example", "b.example"]
    assert env.words("NONE", ["x"]) == ["x"]
    assert env.origins("ORIGINS") == ["https://a.example"]
    assert env.origins("BAD") == []
    assert len(env.problems) == 1


def test_a_secret_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"
    first = secret_key(path)
    assert secret_key(path) == first
    assert len(first) >= 50
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


@pytest.mark.parametrize(("first", "total", "warned"), [(300, 600, []), (600, 600, []), (900, 600, ["chat.W002"])])
def test_a_wait_that_can_never_pass_is_a_warning(first: float, total: float, warned: list[str], settings: Any) -> None:
    settings.CHAT_FIRST_TOKEN_TIMEOUT, settings.CHAT_TOTAL_TIMEOUT = first, total
    assert [message.id for message in timeouts(None)] == warned
