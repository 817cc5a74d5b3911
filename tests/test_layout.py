"""A file has 15 to 300 lines; where it has not, its first line says "few lines, because" or "many lines, because"."""

from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
LEAST, MOST = 15, 300
FOLDERS: Final = ("chat", "chatsite", "tests", "bench", "scripts", "static/chat")


def files(suffix: str) -> list[Path]:
    """Return what we have written in a language; not what a test run has left."""
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob(f"*{suffix}"))]
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)]


def problem(path: Path) -> str:
    """Return what is wrong with the length of a file; empty where nothing is."""
    lines = path.read_text(encoding="utf-8").splitlines()
    # A package's docstring is as long as it has something to tell, and most folders of tests have none.
    is_short = len(lines) < LEAST and path.name != "__init__.py"
    reason = "few lines, because" if is_short else "many lines, because" if len(lines) > MOST else ""
    return f"{path}: {len(lines)} lines" if reason not in "".join(lines[:1]).lower() else ""


@pytest.mark.parametrize("suffix", [".py", ".js", ".css"])
def test_a_file_is_neither_short_nor_long_without_a_reason(suffix: str) -> None:
    found = files(suffix)
    assert len(found) > 10
    assert [told for path in found if (told := problem(path))] == []


@pytest.mark.parametrize(
    ("lines", "first", "is_right"),
    [
        (14, "# What it is.", False),
        (15, "# What it is.", True),
        (14, "# What it is; few lines, because of that.", True),
        (14, "# What it is; many lines, because of that.", False),
        (300, "# What it is.", True),
        (301, "# What it is.", False),
        (301, "# What it is. Many lines, because of that.", True),
    ],
)
def test_the_reason_stands_on_the_first_line(lines: int, first: str, is_right: bool, tmp_path: Path) -> None:
    path = tmp_path / "file.py"
    path.write_text("\n".join([first, *["# few lines, because, many lines, because"] * (lines - 1)]))
    assert (problem(path) == "") == is_right
