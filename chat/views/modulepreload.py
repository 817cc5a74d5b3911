"""Knows what a module of the browser imports."""

import re
from pathlib import Path
from typing import Final

# Not what it fetches when it needs it, with `import()`, nor what a comment takes types from.
IMPORT: Final = re.compile(r'^(?:import|export)\b[^";]*"(\.[^"]+)";', re.MULTILINE)


def imports(folder: Path, entry: str) -> tuple[str, ...]:
    """Return a module and all that is fetched with it, as paths within the folder."""
    found = [entry]
    for module in found:
        file = folder / module
        for name in IMPORT.findall(file.read_text(encoding="utf-8")):
            path = (file.parent / name).resolve().relative_to(folder.resolve()).as_posix()
            if path not in found:
                found.append(path)
    return tuple(found)
