"""What is being said, in a file: read again whatever became of the process, and of the file."""

import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chat.events import ReasoningDelta, Status, TextDelta, ToolCallDelta
from chat.generation import wal
from chat.generation.entry import Entry, from_journal, to_journal
from chat.generation.wal import WriteAheadLog

SAID: list[Entry] = [
    ReasoningDelta("Hm.\r\n"),
    TextDelta("Grüße, \u2028 and 日本 🙂\n"),
    Status("Asking again.", attempt=1),
    ToolCallDelta(0, "call_1", "weather", '{"city": "Erfurt"}'),
]


@pytest.fixture
def directory(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "not there yet"
    return tmp_path / "not there yet" / "spool"


def said(name: UUID) -> WriteAheadLog:
    """Say it all; then another request is made."""
    file = WriteAheadLog(name)
    for entry in SAID:
        file.write(entry)
    file.write(None)
    return file


def test_what_was_said_is_read_as_the_journal_has_it(directory: Path) -> None:
    name = uuid4()
    said(name)
    assert wal.read(name) == to_journal(SAID, asks_again=True)
    assert from_journal(wal.read(name)) == SAID
    assert [path.stat().st_mode & 0o777 for path in (directory, directory / str(name))] == [0o700, 0o600]


def test_nothing_is_left_of_what_is_stored(directory: Path) -> None:
    said(one := uuid4()).remove()
    said(other := uuid4())
    wal.forget(other)
    assert list(directory.iterdir()) == []
    assert wal.read(one) == wal.read(other) == []
    wal.forget(other)


def test_what_was_not_written_to_its_end_is_left_out(directory: Path) -> None:
    said(name := uuid4())
    path = directory / str(name)
    path.write_bytes(path.read_bytes() + b'{"type":"token","con')
    assert wal.read(name) == to_journal(SAID, asks_again=True)


def test_where_nothing_can_be_written_it_is_said_once_and_the_answer_goes_on(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory.parent.mkdir()
    directory.write_text("in the way")
    name = uuid4()
    said(name).remove()
    assert wal.read(name) == []
    assert len(caplog.records) == 1
    assert "cannot be kept" in caplog.text


def test_a_full_disk_ends_it_where_it_is(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = WriteAheadLog(uuid4())
    # Linux's own device for it.
    full = os.open("/dev/full", os.O_WRONLY)
    assert file._file is not None
    os.dup2(full, file._file)
    os.close(full)
    file.write(SAID[0])
    file.write(SAID[1])
    assert len(caplog.records) == 1
    assert "No space left" in caplog.text


def test_what_nobody_will_ask_for_is_swept_away(directory: Path) -> None:
    wal.sweep()
    said(old := uuid4()).close()
    said(young := uuid4()).close()
    then = time.time() - 2 * wal.FORGOTTEN_SECONDS
    os.utime(directory / str(old), (then, then))
    wal.sweep()
    assert [path.name for path in directory.iterdir()] == [str(young)]
