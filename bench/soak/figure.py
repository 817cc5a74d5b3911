"""One line of the table of figures, and what a running server's process holds."""

from dataclasses import dataclass
from pathlib import Path

from tests.harness.site import Site

MIB = 1024 * 1024


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, what it may be at most, in which unit."""

    name: str
    value: float
    limit: float
    unit: str = ""

    @property
    def kept(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True)
class Footprint:
    """What the server's process holds; `memory` is resident, in bytes."""

    memory: int
    files: int
    threads: int
    database_files: int
    sockets: int

    @classmethod
    def of(cls, site: Site) -> "Footprint":
        """Look at a running site's process, from outside."""
        process = Path(f"/proc/{site.process.pid}")
        lines = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        links = [_target(link) for link in (process / "fd").iterdir()]
        return cls(
            memory=int(lines["VmRSS"].split()[0]) * 1024,
            files=len(links),
            threads=int(lines["Threads"]),
            database_files=sum(link.endswith("db.sqlite3") for link in links),
            sockets=sum(link.startswith("socket:") for link in links),
        )


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""
