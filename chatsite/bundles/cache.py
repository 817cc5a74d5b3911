"""Bundles are made once per content and kept in the data directory, where all processes find them."""

import logging
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from django.conf import settings

from chatsite.bundles import UnbundledError

log = logging.getLogger(__name__)

SCRIPT: Final = "chat/main.js"
SHEET: Final = "chat/main.css"
# Bundles of another version that no process has begun to serve for so long are removed.
KEPT_SECONDS: Final = 30 * 24 * 3600


class Bundles:
    """The bundles of all that is below one folder; `fingerprint` tells one content of it from another."""

    def __init__(self, sources: Path, kept_in: Path, fingerprint: str) -> None:
        self.sources = sources
        self.kept_in = kept_in
        self.fingerprint = fingerprint
        self._lock = Lock()
        self._found: Path | None = None
        self._tried = False

    @classmethod
    def of_site(cls) -> "Bundles":
        """Return those of this site."""
        return cls(settings.BASE_DIR / "static", settings.DATA_DIR / "bundles", settings.STATIC_FINGERPRINT)

    def folder(self) -> Path | None:
        """Return where they lie, made now if nobody has yet; None where they cannot be made, which is logged once."""
        with self._lock:
            if not self._tried:
                self._tried = True
                try:
                    self._found = self._kept() or self._make()
                except (UnbundledError, OSError) as error:
                    log.warning("Pages load their modules one by one, slowly on a slow line: no bundles (%s).", error)
            return self._found

    def _kept(self) -> Path | None:
        folder = self.kept_in / self.fingerprint
        if not folder.is_dir():
            return None
        # Whoever removes old ones shall see that these are in use; a disk that only can be read removes none.
        with suppress(OSError):
            os.utime(folder)
        return folder

    def _make(self) -> Path:
        """Make them beside their place and move them there: nobody sees half of them, whoever else makes the same."""
        self.kept_in.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".", dir=self.kept_in))
        try:
            write(self.sources, made)
            made.replace(self.kept_in / self.fingerprint)
        except OSError:
            # Another process was first.
            if not self._kept():
                raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
        self._forget()
        return self.kept_in / self.fingerprint

    def _forget(self) -> None:
        for other in self.kept_in.iterdir():
            # Another process moves or removes its own.
            with suppress(FileNotFoundError):
                if other.name != self.fingerprint and time.time() - other.stat().st_mtime > KEPT_SECONDS:
                    shutil.rmtree(other, ignore_errors=True)


def write(sources: Path, target: Path) -> None:
    """Write all bundles of a folder below another one. Raises `UnbundledError` and `OSError`."""
    # Imported late: the parser is loaded by the one process that makes them.
    from chatsite.bundles.linker import Linker
    from chatsite.bundles.source_map import source_map
    from chatsite.bundles.stylesheet import joined

    for name, lines in (*Linker(sources, SCRIPT).bundles(), (SHEET, list(joined(sources, SHEET)))):
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        place = f"sourceMappingURL={file.name}.map"
        mark = f"/*# {place} */" if name.endswith(".css") else f"//# {place}"
        file.write_text("\n".join([*(line.text for line in lines), mark, ""]), encoding="utf-8")
        # Where the bundles are served, they lie a folder deeper than their sources.
        file.with_name(f"{file.name}.map").write_text(source_map(f"bundle/{name}", lines), encoding="utf-8")
