"""A fingerprint of the static files, for addresses that browsers may keep for good."""

from hashlib import sha256
from pathlib import Path

import django


def fingerprint(*folders: Path) -> str:
    """Return 12 hexadecimal digits that change with any file of the folders, and with Django, which brings its own."""
    digest = sha256(django.get_version().encode())
    for folder in folders:
        for file in sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc"):
            content = file.read_bytes()
            digest.update(f"\0{file.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]
