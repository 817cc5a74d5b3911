"""The id of the request that something is done for: in its response, and in every line that is logged on the way."""

import re
from contextvars import Context, ContextVar
from typing import Final
from uuid import uuid4

# What a proxy may choose itself: enough for every usual kind of id, and nothing that a log could be forged with.
WELL_FORMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Return the id of the request that is being worked for; empty where it is for none."""
    return _current.get()


def enter(given: str) -> str:
    """Return the id of the request that begins here: the one it came with if that is well-formed, or a new one."""
    name = given if WELL_FORMED.fullmatch(given) else uuid4().hex
    _current.set(name)
    return name


def clean_context() -> Context:
    """Return a context that knows the id, and nothing else of the request: for work that outlives it."""
    context = Context()
    context.run(_current.set, _current.get())
    return context
