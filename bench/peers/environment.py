"""Virtual environments of pinned packages, kept in the system's temporary folder: some take half an hour to compile."""

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

KEPT = Path(tempfile.gettempdir()) / "chatsite-peers"
# llama.cpp compiles for this long on two cores.
INSTALL_SECONDS = 5400


def environment(name: str, packages: Sequence[str]) -> Path:
    """Return the Python of an environment that holds `packages`; makes it if it is not there yet."""
    pins = hashlib.sha256("\n".join(packages).encode()).hexdigest()[:12]
    folder = KEPT / f"{name}-{pins}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print(f"{name}: installing {' '.join(packages)}", file=sys.stderr, flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "timeout": INSTALL_SECONDS, "check": True}
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], **quiet)  # type: ignore[call-overload]
        install = ["nice", "-n", "10", python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *packages], **quiet)  # type: ignore[call-overload]
        (folder / "complete").touch()
    return python
