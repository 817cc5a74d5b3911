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
CONTAINERS = {"dict", "list", "set", "deque", "defaultdict", "OrderedDict", "WeakKeyDictionary", "WeakValueDictionary"}


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


def is_empty_container(value: ast.expr | None) -> bool:
    """Whether a variable begins as a container that somebody fills later."""
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, ast.List | ast.Set):
        return not value.elts
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in CONTAINERS and not value.args


@pytest.mark.parametrize("package", ["chat", "chatsite"])
def test_no_module_has_a_container_to_be_filled(package: str) -> None:
    filled = {
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
        for path in (ROOT / package).rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and is_empty_container(node.value)
    }
    assert filled == set()


@pytest.mark.parametrize("package", ["chat", "chatsite"])
def test_no_function_changes_a_variable_of_its_module(package: str) -> None:
    changing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Global)
    }
    assert changing <= {"chat/runtime.py"}
