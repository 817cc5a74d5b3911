"""The write-ahead log: what a generation says is in a file before anybody hears it, and outlives a killed process.

The journal is up to a quarter of a second behind what is shown. The file is in the page cache as soon as it is written,
so it survives whatever happens to the process, and a failing power supply no better than any other. It holds one JSON
value per line, as the journal has them, and is removed once the answer is stored.
"""

import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings

from chat.generation.entry import Entry

logger = logging.getLogger(__name__)

# Nobody asks for the file of an answer that another machine has finished.
FORGOTTEN_SECONDS: Final = 24 * 3600.0
_encoder = msgspec.json.Encoder()


# Of versions before this one, too, whose files are still to be read after an upgrade.
FOLDER: Final = "spool"


def _directory() -> Path:
    return Path(settings.DATA_DIR) / FOLDER


def _path(generation_id: UUID) -> str:
    # With every question: putting paths together from objects takes as long as half of a query.
    return f"{settings.DATA_DIR}/{FOLDER}/{generation_id}"


class WriteAheadLog:
    """The file of one generation, written by the process that reads the upstream.

    Where it cannot be written (the log tells why, once per generation) the journal alone has what was said.
    """

    def __init__(self, generation_id: UUID) -> None:
        self._path = _path(generation_id)
        self._file: int | None = None
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        try:
            try:
                self._file = os.open(self._path, flags, 0o600)
            except FileNotFoundError:
                _directory().mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = os.open(self._path, flags, 0o600)
        except OSError as error:
            self._give_up(error)

    def write(self, entry: Entry | None) -> None:
        """Append an entry; None says that another request is made after it."""
        if self._file is None:
            return
        line = _encoder.encode(entry) + b"\n"
        try:
            if os.write(self._file, line) != len(line):
                self._give_up("the disk is full")
        except OSError as error:
            self._give_up(error)

    def _give_up(self, problem: OSError | str) -> None:
        logger.warning("What is being said cannot be kept in %s: %s", _directory(), problem)
        self.close()

    def close(self) -> None:
        """Write no more; the file stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def remove(self) -> None:
        """The answer is stored."""
        self.close()
        _remove(self._path)


def read(generation_id: UUID) -> list[Any]:
    """Return what a process that is gone had said, as the journal has it; empty where nothing is known here."""
    values: list[Any] = []
    with suppress(OSError, msgspec.DecodeError):
        for line in Path(_path(generation_id)).read_bytes().splitlines():
            values.append(msgspec.json.decode(line))
    return values


def forget(generation_id: UUID) -> None:
    """The answer is stored."""
    _remove(_path(generation_id))


def sweep() -> None:
    """Remove what nobody will ask for."""
    with suppress(FileNotFoundError):
        for path in _directory().iterdir():
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > FORGOTTEN_SECONDS:
                    path.unlink()


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
