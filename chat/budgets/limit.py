"""How long an answer may become before its budgets are asked for more: in memory, so that a token costs nothing."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Final
from uuid import UUID

from django.utils import timezone

from chat import database
from chat.budgets import reservation as budget
from chat.budgets.reservation import ANSWER_TOKENS, Need, Share
from chat.errors import ChatError
from chat.events import Delta, Status
from chat.generation.attempt import Attempt
from chat.generation.attempts import SMALL_LIMIT, refuses_limit
from chat.generation.log import words_of
from chat.providers.base import CompletionRequest
from chat.usage.estimate import UNTAUGHT, Lessons, Vector, estimate_tokens, prompt_traits, weighed
from chat.usage.ledger import LOST, Account
from chat.usage.prices import price_in_force, unit_price

logger = logging.getLogger(__name__)

# Near the end what was said is counted this often. Fewer would count the rounding of each piece.
FEWEST_CHARS: Final = 32
TAIL_CHARS: Final = 4000
# So many tokens before the end of a grant more is asked for: the database may answer while they are said.
AHEAD_TOKENS: Final = 256
# What a request may take that does not say itself: thoughts are hidden by many, so nobody could end it in time. The
# most that the usual models take for an answer.
LONGEST_REQUEST: Final = 16_384
# Whoever allows an answer to be longer than this sets the rest aside while it grows: others want some, too.
MOST_AT_FIRST: Final = 32_768

# Models whose servers refused a longer answer, by provider and name.
_short: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True)
class Grant:
    """What an answer was granted of hard budgets before its first request, whose prompt is `prompt_tokens` long.

    `longest` is how many tokens that request was to take, were there enough of all budgets; `lessons` are what is
    known of the model's tokens.
    """

    shares: tuple[Share, ...]
    prompt_tokens: int
    longest: int
    lessons: Lessons = field(default_factory=Lessons.none)

    @property
    def limit(self) -> int | None:
        """How many tokens the provider is to be held to; None where length costs nothing."""
        room = _room(self.shares, self.prompt_tokens)
        return None if room is None else max(1, min(room, self.longest))


def _room(shares: Iterable[Share], prompt_tokens: int) -> int | None:
    """Return how many tokens the answer may have in all; None where length costs nothing."""
    lengths = [share.answer_tokens(prompt_tokens) for share in shares]
    return min((length for length in lengths if length is not None), default=None)


class Allowance:
    """What one answer was granted of its hard budgets. `end` is called with why it may not go on.

    The provider is held to what was granted (`limit`), so that thoughts that nobody sees cannot outgrow it. What is
    seen is counted besides: some servers heed no limit. All methods belong to the event loop.
    """

    def __init__(
        self, account: Account, request: CompletionRequest, grant: Grant, end: Callable[[ChatError], None]
    ) -> None:
        self._model = account.provider, account.model
        self._generation_id = account.generation_id
        self._grant = grant
        self._lessons = grant.lessons
        self._shares = grant.shares
        self._end = end
        self._longest = request.max_tokens
        # What the last request was held to, and whether there was no word of any.
        self._given: int | None = None
        self._said_nothing = True
        # Of the prompt of the last request, of all requests' prompts, and of all that was answered before the last.
        self._sent_tokens = self._prompt_tokens = grant.prompt_tokens
        self._answered = 0
        self._answer_tokens = 0
        # What requests may have taken that were lost: of the budgets, and no part of the answer.
        self._lost_tokens = 0
        # The last part of the answer is counted as one, as the ledger does; piece by piece, roundings would add up.
        self._tail: list[str] = []
        self._before_tail = 0
        self._chars_to_go = 0
        self._asking: asyncio.Task[None] | None = None
        self._refusal: ChatError | None = None
        self._count()

    def hear(self, said: Delta | Status) -> None:
        """Take note of what the answer says, and ask for more when it has come to the end of what was granted."""
        words = words_of(said)
        self._tail.append(words)
        self._chars_to_go -= len(words)
        if self._chars_to_go > 0:
            return
        self._count()
        if self._refusal is not None:
            self._end_if_used_up()
        elif self._left() <= self._ahead() and self._asking is None:
            self._asking = asyncio.create_task(self._ask())

    async def limit(self, attempts: Sequence[Attempt]) -> int | None:
        """Return how many tokens the next request may take; see `Ration`.

        Raises ChatError `budget` where nothing more is left for it.
        """
        self._said_nothing = not any(len(attempt.said) for attempt in attempts)
        self._given = await self._next(attempts[-1]) if attempts else self._grant.limit
        return self._given

    async def _next(self, last: Attempt) -> int | None:
        if self._asking is not None:
            await asyncio.wait({self._asking})
        most = MOST_AT_FIRST if self._longest is not None else longest_request(None, self._model)
        if last.error is not None and refuses_limit(last.error):
            most = SMALL_LIMIT
            if last.error.code != "context_length":
                _short.add(self._model)
        was_billed = len(last.said) or last.usage or (last.error is not None and last.error.code in LOST)
        if was_billed:
            self._begin_another(last)
        if self._longest is not None:
            most = min(most, self._longest - self._answer_tokens)
        if most <= 0:
            return 0
        try:
            while self._left() <= 0:
                await self._extend(LONGEST_REQUEST)
        except ChatError:
            if last.error is not None and _is_lost(last) and self._said_nothing:
                # Whether it used that much nobody knows; what is known is why it failed.
                raise last.error from None
            raise
        return None if _room(self._shares, self._prompt_tokens) is None else min(most, self._left())

    def _begin_another(self, last: Attempt) -> None:
        """Count what the last request took, the provider's count if there is one, and the prompt of another.

        One that was lost before a word may have thought as long as it was allowed to.
        """
        self._count()
        said = self._answer_tokens - self._answered
        counted = last.usage.completion_tokens if last.usage else None
        if counted is None and last.finish_reason == "length":
            counted = self._given
        elif _is_lost(last):
            self._lost_tokens += self._given or 0
        self._answered += said if counted is None else counted
        self._tail.clear()
        self._before_tail = 0
        self._sent_tokens += said
        self._prompt_tokens += self._sent_tokens
        self._count()

    def close(self) -> None:
        """Ask for nothing more."""
        if self._asking is not None:
            self._asking.cancel()

    def _count(self) -> None:
        """Count what was said, and see how much may be said before that is worth doing again."""
        tail = "".join(self._tail)
        tail_tokens = estimate_tokens(tail, self._lessons)
        self._answer_tokens = self._answered + self._before_tail + tail_tokens
        if len(tail) > TAIL_CHARS:
            self._before_tail += tail_tokens
            self._tail.clear()
        # No text has more tokens than characters.
        self._chars_to_go = max(FEWEST_CHARS, self._left() - self._ahead())

    def _granted(self) -> int:
        """Return how many tokens the answer may have in all; more than it has where length costs nothing."""
        room = _room(self._shares, self._prompt_tokens)
        return self._answer_tokens + ANSWER_TOKENS if room is None else room - self._lost_tokens

    def _left(self) -> int:
        """Return how many tokens may still be said; below zero where too many were."""
        return self._granted() - self._answer_tokens

    def _ahead(self) -> int:
        """Return how many tokens before its end a grant is to be extended: none where it is for all that may come."""
        is_whole = self._longest is not None and self._granted() >= self._longest
        return 0 if is_whole or self._refusal is not None else AHEAD_TOKENS

    def _end_if_used_up(self) -> None:
        if self._refusal is not None and self._left() <= 0:
            self._end(self._refusal)

    async def _ask(self) -> None:
        try:
            while self._left() <= self._ahead():
                await self._extend()
        except ChatError as error:
            # What was granted before may still be said.
            self._refusal = error
            self._count()
            self._end_if_used_up()
        except Exception:
            # The next piece asks again; an answer is not lost because a database was busy.
            logger.exception("A budget could not be asked for more.")
        finally:
            self._asking = None

    async def _extend(self, tokens: int = ANSWER_TOKENS) -> None:
        answer_tokens = self._answer_tokens + tokens
        if self._longest is not None and self._answer_tokens < self._longest:
            answer_tokens = min(answer_tokens, self._longest)
        reach = self._prompt_tokens, answer_tokens + self._lost_tokens
        self._shares = await database.run(extend, self._generation_id, self._shares, *reach)
        # More was said meanwhile.
        self._count()


def _is_lost(last: Attempt) -> bool:
    """Whether nobody knows what a request has come to."""
    return not len(last.said) and last.usage is None and last.error is not None and last.error.code in LOST


def longest_request(max_tokens: int | None, model: tuple[str, str]) -> int:
    """Return what a request takes at most that has this limit, or none; `model` by its provider and name."""
    if max_tokens is not None:
        return min(max_tokens, MOST_AT_FIRST)
    return SMALL_LIMIT if model in _short else LONGEST_REQUEST


def grant(
    account: Account,
    request: CompletionRequest,
    now: datetime,
    lessons: Lessons = UNTAUGHT,
    seen: Vector | None = None,
) -> Grant | None:
    """Set aside what an answer may take of the budgets that hold for it, within the transaction that writes its rows.

    `seen` is the prompt's traits, where they are known. None where no budget is hard. Raises ChatError `budget`.
    """
    if seen is None:
        seen = prompt_traits(turn.content for turn in request.turns)
    price = price_in_force(account.model_id, now) if account.model_id else None
    need = Need(
        prompt_tokens=ceil(weighed(seen, lessons.weights())),
        answer_tokens=longest_request(request.max_tokens, (account.provider, account.model)),
        price=unit_price(price) if price else None,
    )
    shares = budget.reserve(account.user_id, account.api_key_id, account.generation_id, need, now)
    return Grant(shares, need.prompt_tokens, need.answer_tokens, lessons) if shares else None


@database.writing()
def extend(generation_id: UUID, shares: Sequence[Share], prompt_tokens: int, answer_tokens: int) -> tuple[Share, ...]:
    """`budget.extend` in a transaction of its own, now."""
    return budget.extend(generation_id, shares, prompt_tokens, answer_tokens, timezone.now())
