"""One ladder of errors: a code, a message a person can act on, whether trying again may help, and when."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Rung:
    """What follows from an error's code: the HTTP status of a JSON answer, and whether trying again may help."""

    http_status: int
    retryable: bool


LADDER: Final[dict[str, Rung]] = {
    # The caller's request, answered before anything is written.
    "invalid_request": Rung(400, False),
    "unauthenticated": Rung(401, False),
    "forbidden": Rung(403, False),
    "not_found": Rung(404, False),
    "conflict": Rung(409, True),
    "too_large": Rung(413, False),
    # The generation.
    "rate_limit": Rung(429, True),
    "timeout": Rung(504, True),
    "network_error": Rung(502, True),
    "api_error": Rung(502, True),
    "authentication": Rung(502, False),
    "context_length": Rung(400, False),
    "content_filter": Rung(422, False),
    "budget": Rung(429, False),
    "interrupted": Rung(502, True),
    "unknown": Rung(500, True),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server told about itself by turning a request down.

    `parameters` are those it does not take, by their names on the wire. `window` is how many tokens its model takes at
    once, `prompt_tokens` how many the refused prompt was; None where it did not say.
    """

    parameters: frozenset[str] = frozenset()
    window: int | None = None
    prompt_tokens: int | None = None


# How a program may ask again by itself, where that may help: in the same words, not at all (a person always may), for
# the answer in one piece, because a stream without a single event told nothing, or once the model is loaded.
Repeat = Literal["as_it_was", "never", "in_one_piece", "once_loaded"]
# No more of somebody's words is looked at: it may be megabytes.
MOST_READ: Final = 20_000
ADDRESS = re.compile(r"\b(?:https?|wss?|postgres(?:ql)?|rediss?)://[^\s\"'<>)]+")
# Of files on somebody's machine; other paths, such as /v1/models, say what was asked for.
PATH = re.compile(
    r"(?<![\w/.:])(?:/(?:app|data|etc|home|mnt|opt|private|root|srv|tmp|Users|usr|var|workspace)/|[A-Za-z]:\\)[^\s\"'<>)]+"
)
# Of a terminal, and of the direction of writing, by which words look like others.
CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
KEY = re.compile(r"\b(?:Bearer\s+\S+|(?:sk|pk|key|api|cs)[-_][\w*.-]{6,})", re.IGNORECASE)


class ChatError(Exception):
    """Something went wrong and a person shall read why.

    `message` is public: no key, address, path or traceback. `retry_after` is in seconds, None when not known;
    `retry_at` is that moment where the message names it, so that a page can tell it in its reader's own time.
    `retryable` goes by the code unless more is known; `repeat` is how. `refusal` is what is to be learnt from it, where
    it is that.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retry_after: float | None = None,
        retry_at: datetime | None = None,
        retryable: bool | None = None,
        repeat: Repeat = "as_it_was",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.retry_at = retry_at
        self.retryable = LADDER[code].retryable if retryable is None else retryable
        self.repeat: Repeat = repeat
        self.refusal: Refusal | None = None

    @property
    def http_status(self) -> int:
        return LADDER[self.code].http_status


def unexpected() -> ChatError:
    """Return the error for a mistake of ours: what it was stands in the log."""
    return ChatError("unknown", "Something went wrong on this server. Its log tells what.")


def silence(seconds: float, *, has_begun: bool) -> ChatError:
    """Return the error for a model that was waited for so long; `has_begun`: it had said something before.

    Before the first word it may still be loading, or wait for its turn: asked again it would begin anew.
    """
    if has_begun:
        return ChatError("timeout", f"The model said nothing more for {seconds:g} s.")
    return ChatError(
        "timeout",
        f"The model said nothing for {seconds:g} s; longer is not waited for its first word. It may still be "
        "loading, or busy: try again later, or have CHAT_FIRST_TOKEN_TIMEOUT raised.",
        repeat="never",
    )


def masked(text: str, *, limit: int = 300) -> str:
    """Return somebody else's `text` without addresses, files and keys, on one line of at most `limit` characters.

    What no database keeps, NUL and half a surrogate pair, and what controls a terminal or the direction of writing
    becomes U+FFFD.
    """
    whole = CONTROL.sub("\ufffd", text[:MOST_READ]).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    line = " ".join(KEY.sub("[key]", PATH.sub("[path]", ADDRESS.sub("[address]", whole))).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
