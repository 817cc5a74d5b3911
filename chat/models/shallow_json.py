"""JSON columns that are read no deeper than people or programs mean anything by it."""

import re
from typing import Any, Final

from django.db import models

# More than any column of ours means. Python reads and writes some hundred levels, fewer the deeper its caller is.
MOST_LEVELS: Final = 64
CUT: Final = '"…"'
_MARK: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


class ShallowJSONField(models.JSONField):
    """A JSONField that reads what lies too deep as "…".

    What comes in is bounded today; it was not always, and a row that cannot be read would take its whole page with it.
    """

    def deconstruct(self) -> Any:
        """In the database it is no other column."""
        name, _, *rest = super().deconstruct()
        return (name, "django.db.models.JSONField", *rest)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if isinstance(value, str):
            value = shallow(value)
        return super().from_db_value(value, expression, connection)


def shallow(text: str) -> str:
    """Return JSON with "…" in the place of each object and list that lies below `MOST_LEVELS` of them."""
    if text.count("[") + text.count("{") <= MOST_LEVELS:
        return text
    kept: list[str] = []
    level = begin = 0
    for mark in _MARK.finditer(text):
        if mark[0] in "[{":
            level += 1
            if level == MOST_LEVELS + 1:
                kept += text[begin : mark.start()], CUT
        elif mark[0] in "]}":
            if level == MOST_LEVELS + 1:
                begin = mark.end()
            level -= 1
    return "".join([*kept, text[begin:]])
