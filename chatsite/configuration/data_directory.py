"""The data directory, readable by its owner only, whichever command made it."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

FOR_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
PRIVATE: Final = 0o700


def keep_private(directory: Path) -> None:
    """Make this process create private files only, and take others' rights from the directory if it is ours.

    A directory that everybody uses (the root, one for temporary files) is left as it is; a system check warns.
    """
    # What people say to a model is for nobody else on this machine to read.
    os.umask(FOR_OTHERS)
    with suppress(OSError):
        status = directory.stat()
        if _is_shared(directory, status) or status.st_uid != os.geteuid():
            return
        if status.st_mode & FOR_OTHERS:
            directory.chmod(PRIVATE)


def _is_shared(directory: Path, status: os.stat_result) -> bool:
    return bool(status.st_mode & stat.S_ISVTX) or directory == directory.parent or directory == Path.home()
