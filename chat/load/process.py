"""What a server's process takes: its processor's time and its memory, as Linux tells."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

MIB = 1024 * 1024


def cpu_seconds(pid: int) -> float:
    """Return the time that a process and its threads have spent on a processor, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, name: str = "VmRSS") -> int:
    """Return the resident memory of a process in bytes: now, or as VmHWM the most since `ProcessUsage.begin`."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(name))) * 1024


@dataclass
class ProcessUsage:
    """What a load cost a process: seconds of processor, bytes of memory before and at the most."""

    pid: int
    cpu: float = 0.0
    idle: int = 0
    peak: int = field(default=0)

    @classmethod
    def begin(cls, pid: int) -> Self:
        """Look before the load comes."""
        # "5": the peak is counted anew (proc(5), clear_refs).
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        return cls(pid, cpu_seconds(pid), memory(pid))

    def end(self) -> Self:
        """Look after it."""
        self.cpu = cpu_seconds(self.pid) - self.cpu
        self.peak = memory(self.pid, "VmHWM")
        return self
