"""The values a generation runs with, read from the database and the settings before it starts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chat.budgets.reservation import AnswerReservation
from chat.events import Started
from chat.generation.retry_policy import Policy
from chat.providers.base import CompletionRequest, Provider
from chat.usage.ledger import Account


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a generation may take; all in seconds.

    `grace` is how long it goes on without a follower, None for ever. `total_seconds` is for all attempts together.
    `drain_seconds` is how long a stopped answer is read on for the provider's count, `drain_pieces` how much of it.
    """

    grace: float | None
    total_seconds: float
    policy: Policy
    drain_seconds: float = 0
    drain_pieces: int = 0


@dataclass(frozen=True, slots=True)
class GenerationSpec:
    """All that a generation needs to run; `title` is set when it begins a new conversation.

    `reservation` is what was reserved of hard budgets, None where there are none for its owner. `is_trimmed` if older
    messages are not sent.
    """

    account: Account
    started: Started
    request: CompletionRequest
    connect: Callable[[], Awaitable[Provider]]
    title: str | None
    limits: Limits
    reservation: AnswerReservation | None = None
    is_trimmed: bool = False
