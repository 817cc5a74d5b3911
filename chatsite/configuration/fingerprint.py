"""A fingerprint of the static files, for addresses that browsers may keep for good."""

from hashlib import sha256
from pathlib import Path

import django


def fingerprint(folder: Path) -> str:
    """Return 12 hexadecimal digits that change with any file of the folder, and with Django, which brings its own."""
    digest = sha256(django.get_version().encode())
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        content = file.read_bytes()
        digest.update(f"\0{file.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]
