"""What a process remembers lies in one object, and nothing else of the app changes while it runs."""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import sleep

import pytest

from chat.runtime import Runtime

ROOT = Path(__file__).resolve().parents[1]
THREADS = 8


class Slow:
    """Takes long enough to be made that another thread asks for it meanwhile."""

    def __init__(self) -> None:
        sleep(0.05)


class Outer:
    """Asks for another part while it is made."""

    runtime: Runtime

    def __init__(self) -> None:
        self.inner = self.runtime.part(Slow)


def test_a_part_is_made_once_however_many_threads_ask_at_once() -> None:
    runtime, barrier = Runtime(), Barrier(THREADS)

    def ask(_: int) -> Slow:
        barrier.wait()
        return runtime.part(Slow)

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(set(pool.map(ask, range(THREADS)))) == 1
    assert Runtime().part(Slow) is not runtime.part(Slow)


def test_a_part_may_ask_for_another_one() -> None:
    Outer.runtime = Runtime()
    assert Outer.runtime.part(Outer).inner is Outer.runtime.part(Slow)


@pytest.mark.parametrize("package", ["chat", "chatsite"])
def test_no_function_changes_a_variable_of_its_module(package: str) -> None:
    changing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Global)
    }
    assert changing <= {"chat/runtime.py"}
