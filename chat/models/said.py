"""JSON as it was said by others, which may be deeper than anything here can read."""

import re
from typing import Any, Final

from django.db import models

# What is meant by anybody has a few, and what is taken in 32 (`chat.generation.structured`).
MOST_LEVELS: Final = 100
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def is_deep(text: str) -> bool:
    """Whether a JSON text has more levels than that. Python reads and writes fewer the deeper its own calls are."""
    if text.count("[") + text.count("{") <= MOST_LEVELS:
        return False
    level = 0
    for token in _TOKENS.finditer(text):
        if token[0] in "[{":
            level += 1
            if level > MOST_LEVELS:
                return True
        elif token[0] in "]}":
            level -= 1
    return False


class SaidField(models.JSONField):
    """A JSON field whose rows can always be read: what is too deep, from before there was a limit, is its default."""

    def from_db_value(self, value: Any, *rest: Any) -> Any:
        text = value if isinstance(value, str) else None
        return self.get_default() if text is not None and is_deep(text) else super().from_db_value(value, *rest)

    def deconstruct(self) -> Any:
        """Return what migrations know it by: in the database it is Django's own."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
