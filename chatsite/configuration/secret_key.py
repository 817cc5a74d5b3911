"""The secret key of an installation, made if none was given; and what makes a key or token weak."""

import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

# 32 random bytes in base64 are 44 characters, 16 in hex 32.
SHORTEST: Final = 32
# A random key in hex of the shortest length has fewer with a chance of one to ten million.
FEWEST_DISTINCT: Final = 8
# Words in the keys of examples. A random key has none of them by chance.
WELL_KNOWN: Final = re.compile(
    r"django-?insecure|change-?(me|this|it)|replace-?(me|this|with)|(your|my|super|the|some)-?(django-?)?secret"
    r"|secret-?key|set-?it-?in|example|placeholder|not-?(so-?)?secret|abcdefghijkl|0123456789|qwertyuiop"
)


def weakness(key: str) -> str:
    """Return in words what is wrong with a key or token; empty if nothing is. What was given is never in them."""
    if len(key) < SHORTEST:
        return f"is too short: {SHORTEST} characters are the least"
    if len(set(key)) < FEWEST_DISTINCT:
        return "has too few different characters"
    if WELL_KNOWN.search(re.sub(r"[\s_]", "-", key.lower())):
        return "is one that everybody knows, or begins like one"
    return ""


def secret_key(path: Path) -> str:
    """Return the key kept in the file at `path`, made on first use, readable by its owner only.

    Two processes that start at once agree on one key: the file appears whole or not at all.
    """
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file with mode 600; the link fails if another process was first.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret_key-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
    return path.read_text(encoding="ascii").strip()
