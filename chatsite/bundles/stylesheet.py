"""Joins style sheets: what one imports stands in its place."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chatsite.bundles import UnbundledError
from chatsite.bundles.source_map import Line

IMPORT: Final = re.compile(r'@import "(?P<address>[^"]+)"(?: (?P<media>[a-z]+))?;')


def joined(folder: Path, name: str) -> Iterator[Line]:
    """Yield the lines of a sheet and of those it imports. Raises `UnbundledError` and `OSError`."""
    for number, text in enumerate((folder / name).read_text(encoding="utf-8").splitlines()):
        found = IMPORT.fullmatch(text)
        if not found:
            if "url(" in text or "@import" in text:
                raise UnbundledError(f"{name} has an address that a bundle cannot keep: {text.strip()[:80]}")
            yield Line(text, name, number)
            continue
        imported = joined(folder, ((folder / name).parent / found["address"]).relative_to(folder).as_posix())
        if found["media"]:
            yield Line(f"@media {found['media']} {{")
        yield from imported
        if found["media"]:
            yield Line("}")
