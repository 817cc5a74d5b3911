"""Decides whether a failed request is made again, and after how long; `completion_run` makes it."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from chat.errors import ChatError
from chat.providers.unsupported_parameters import refuses_limit

BASE_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 8.0
JITTER_SECONDS: Final = 1.0
# A provider that wants a longer pause than this is not waited for; the person is told when to come back.
PATIENCE_SECONDS: Final = 60.0
PASSING: Final = frozenset({"rate_limit", "timeout", "network_error", "api_error", "interrupted"})


def may_be_its_limit(error: ChatError) -> bool:
    """`refuses_limit`, but where it was told that the prompt alone is too long."""
    told = error.refusal
    is_prompt = told is not None and told.window is not None and (told.prompt_tokens or 0) >= told.window
    return refuses_limit(error) and not is_prompt


@dataclass(frozen=True, slots=True)
class Policy:
    """How often to ask again. `idle_seconds` is the longest wait between two words; pings do not count as words.

    Before the first word it is `first_token_seconds`; whoever is silent for that long is not asked again.
    """

    max_retries: int
    max_continuations: int
    idle_seconds: float
    first_token_seconds: float = 300.0


def delay_seconds(retries: int) -> float:
    """Return how long to wait after so many retries: it doubles, up to a limit, with jitter against crowds."""
    doubled: float = BASE_SECONDS * 2**retries
    return min(doubled, LONGEST_SECONDS) + random.uniform(0, JITTER_SECONDS)  # noqa: S311


def passes(error: ChatError) -> bool:
    """Whether an error may pass by itself, soon enough to wait for it."""
    is_soon = error.retry_after is None or error.retry_after <= PATIENCE_SECONDS
    return error.retryable and error.repeat != "never" and error.code in PASSING and is_soon


def final(error: ChatError, *, has_text: bool) -> ChatError:
    """Return an error as it is told once there is nothing left to try; `has_text`: after some of the answer."""
    if error.retry_after is not None and error.retry_after > PATIENCE_SECONDS:
        then = datetime.now(UTC) + timedelta(seconds=error.retry_after)
        message = f"{error.message} It can be asked again at {then:%H:%M} UTC."
        return ChatError(error.code, message, retry_after=error.retry_after)
    # What asking again will not change did not break off: it was ended, and says why.
    if has_text and error.retryable and error.code in PASSING - {"timeout"}:
        return ChatError("interrupted", f"The answer broke off. {error.message}")
    return error
