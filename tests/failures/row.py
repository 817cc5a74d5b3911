"""A row of the failure table: what an upstream does wrong, and what has to come of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.harness.upstream.script import default_pieces, default_text

Knobs = dict[str, Any]

PIECES: Final = default_pieces(8)
WHOLE: Final = default_text(8)
PARTIAL: Final = default_text(4)
LONGER: Final = default_text(6)
ANSWER: Final[Knobs] = {"tokens": 8}
REST: Final[Knobs] = {"text": PIECES[4:]}


@dataclass(frozen=True, slots=True)
class Row:
    """A failure.

    `scripts`: what the upstream does to the n-th request, the last one for all after. `at`: the address to ask
    instead of the upstream. `stop_at`: the event at which the reader stops. `ended`: the `finish_reason`, or the
    `error_type`, and then whether it is `retryable`. `attempts`: how each request that reached the upstream ended, in
    the same words. `news`: the `status` events. `waits`: how long the first of them says to wait, where a provider
    said so. `text`: what is received and stored; None where only its beginning is certain. `in_a_hurry`: whether a
    whole generation may only take HURRY_SECONDS.
    """

    name: str
    scripts: tuple[Knobs, ...]
    ended: str
    attempts: tuple[str, ...]
    retryable: bool | None = None
    status: str = "complete"
    text: str | None = ""
    news: tuple[str, ...] = ()
    waits: float | None = None
    says: str = ""
    at: str = ""
    stop_at: str = ""
    in_a_hurry: bool = False


def refused(name: str, code: str, says: str = "", **knobs: Any) -> Row:
    """Return the row for a failure that asking again does not mend."""
    return Row(f"{name}, refused", (knobs,), code, (code,), retryable=False, status="failed", says=says)


def waited_out(name: str, **knobs: Any) -> Iterable[Row]:
    """Return the row for a first word that never came: a model that is loading is not made to begin anew."""
    yield replace(refused(name, "timeout", "first word", **knobs), name=name, retryable=True)


def before(name: str, code: str, **knobs: Any) -> Iterable[Row]:
    """Return the rows for a failure before the first text: it passes, or it does not."""
    yield Row(f"{name}, once", (knobs, ANSWER), "stop", (code, "stop"), text=WHOLE, news=("retry",))
    failed = Row(f"{name}, again", (knobs,), code, (code, code), retryable=True, status="failed", news=("retry",))
    yield failed


def after(name: str, code: str, **knobs: Any) -> Iterable[Row]:
    """Return the rows for a failure after some text: it passes, or it does not."""
    cut: Knobs = {**ANSWER, "after": 4, "delay": 0.02, **knobs}
    rest: Knobs = {**REST, "after": 2, "delay": 0.02, **knobs}
    final = "timeout" if code == "timeout" else "interrupted"
    once = Row(f"{name}, once", (cut, REST), "stop", (code, "stop"), text=WHOLE, news=("continue",))
    yield once
    yield replace(
        once,
        name=f"{name}, again",
        scripts=(cut, rest),
        ended=final,
        attempts=(code, code),
        retryable=True,
        status="interrupted",
        text=LONGER,
    )
