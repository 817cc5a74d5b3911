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
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, timeout=INSTALL_SECONDS)
        install = ["nice", "-n", "10", str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*install, *packages], capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        (folder / "complete").touch()
    return python
