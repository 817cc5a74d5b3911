"""Leaves out the oldest turns of a history that a model cannot take: how much room there is, and what is kept of it."""

from collections.abc import Sequence
from typing import Final

from chat.errors import Refusal
from chat.events import Status
from chat.generation.entry import OLDER_LEFT_OUT
from chat.providers.base import Turn
from chat.usage.estimate import estimate_tokens

# Of the request itself, whichever attempt.
TRIMMED: Final = Status(OLDER_LEFT_OUT, attempt=0)
# Room for an answer whose length nobody limits, but never more than this share of the window.
ANSWER_TOKENS: Final = 4096
ANSWER_SHARE: Final = 0.25
# Estimates are off by this much: rather a turn too few than an error instead of an answer.
MARGIN: Final = 0.1
# Of what was refused where nobody said how much would be taken.
HALF: Final = 0.5


def room(window: int, max_tokens: int | None) -> int:
    """Return how many tokens a prompt may be, by the estimate, for the answer to have room, too."""
    answer = min(max_tokens or ANSWER_TOKENS, int(window * ANSWER_SHARE))
    return int((window - answer) * (1 - MARGIN))


def shortened(
    turns: Sequence[Turn], refusal: Refusal | None, max_tokens: int | None, always: int = 1
) -> tuple[Turn, ...] | None:
    """Return what to send instead of `turns` that were refused for their length; None where nothing can be left out.

    The system prompt and the last turns, as many as `always`, are kept, and of the rest the newest exchanges that have
    room by what the refusal told, or else half of it all.
    """
    first = next((number for number, turn in enumerate(turns) if turn.role != "system"), len(turns))
    sizes = [estimate_tokens(turn.content) + 1 for turn in turns]
    left = _room(sum(sizes), refusal, max_tokens) - sum(sizes[:first]) - sum(sizes[len(turns) - always :])
    begin = len(turns) - always
    for number in range(begin - 1, first - 1, -1):
        left -= sizes[number]
        if left < 0:
            break
        # Never in the middle of an exchange.
        if turns[number].role == "user":
            begin = number
    return (*turns[:first], *turns[begin:]) if begin > first else None


def _room(size: int, refusal: Refusal | None, max_tokens: int | None) -> float:
    """Return how much may be sent, in the measure by which it was of this `size`."""
    if refusal is None or refusal.window is None:
        return size * HALF
    most = room(refusal.window, max_tokens)
    if max_tokens is not None and max_tokens < refusal.window:
        # Some servers set aside all of the limit.
        most = min(most, int((refusal.window - max_tokens) * (1 - MARGIN)))
    if refusal.prompt_tokens is None:
        return min(most, size * HALF)
    return size * most / refusal.prompt_tokens
