"""Which process this is, and whether another one still lives."""

import os
import socket
from pathlib import Path


def _started(pid: int) -> str:
    """Return when a process started, in clock ticks since boot (proc(5), field 22 of stat); empty if it is gone.

    Where there is no /proc every process seems gone and alike, and heartbeats alone tell.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name in parentheses may hold anything, spaces and parentheses too.
    return stat.rpartition(")")[2].split()[19]


THIS_WORKER = f"{socket.gethostname()} {os.getpid()} {_started(os.getpid())}"


def is_surely_gone(worker: str) -> bool:
    """Whether `worker` was a process of this machine that is no longer there; False where that cannot be known."""
    return _is_there(worker) is False


def is_surely_there(worker: str) -> bool:
    """Whether `worker` is a process of this machine that is still there; False where that cannot be known."""
    return _is_there(worker) is True


def _is_there(worker: str) -> bool | None:
    host, pid, start = [*worker.split(" "), "", ""][:3]
    if host != socket.gethostname() or not pid.isdigit() or not Path("/proc/self/stat").exists():
        return None
    return _started(int(pid)) == start
