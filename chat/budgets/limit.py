"""The limit of a growing answer, counted in memory against what its budgets granted: a token costs no query."""

import asyncio
import logging
from collections.abc import Callable, Sequence, Sized
from typing import Final, Protocol

from chat import database, runtime
from chat.budgets.demand import LONGEST_REQUEST, MOST_AT_FIRST, SmallLimitModels, longest_request
from chat.budgets.reservation import AnswerReservation, extend_now, granted_tokens
from chat.errors import ChatError
from chat.events import FinishReason, Usage
from chat.providers.unsupported_parameters import SMALL_LIMIT, refuses_limit
from chat.usage.estimate import estimate_tokens
from chat.usage.ledger import Account
from chat.usage.token_counts import LOST

logger = logging.getLogger(__name__)

# Near the end the text is counted each time it has grown by so much. With fewer the rounding of each piece would count.
FEWEST_CHARS: Final = 32
# Of the text so much is counted again each time, as one: the ledger counts it as one, too.
TAIL_CHARS: Final = 4000
# How many tokens an answer reserves each time it comes to the end of what was granted.
STEP_TOKENS: Final = 2048
# So many tokens before the end of a grant more is asked for: the database answers while they are said.
AHEAD_TOKENS: Final = 256


class Request(Protocol):
    """What is read of a request to the provider that has ended."""

    @property
    def said(self) -> Sized: ...
    @property
    def usage(self) -> Usage | None: ...
    @property
    def finish_reason(self) -> FinishReason | None: ...
    @property
    def error(self) -> ChatError | None: ...


class AnswerLimit:
    """How long one answer may become by its hard budgets. Calls `end` with the reason when it may not go on.

    The provider is held to what was granted (`next_limit`), so that hidden reasoning cannot outgrow it. What is said is
    counted besides (`count`): some servers heed no limit. `longest` is how many tokens were asked for, None where that
    was left open. All methods belong to the event loop.
    """

    def __init__(
        self, account: Account, longest: int | None, reservation: AnswerReservation, end: Callable[[ChatError], None]
    ) -> None:
        self._model = account.provider, account.model
        self._generation_id = account.generation_id
        self._reservation = reservation
        self._regression = reservation.regression
        self._budgets = reservation.budgets
        self._end = end
        self._longest = longest
        # What the last request was held to, and whether no request has said anything yet.
        self._last_limit: int | None = None
        self._said_nothing = True
        # Tokens: of the last request's prompt, of all prompts together, and of all answers before the last request's.
        self._sent_tokens = self._prompt_tokens = reservation.prompt_tokens
        self._answered = 0
        self._answer_tokens = 0
        # What lost requests may have used: it counts in the budgets, but is no part of the answer.
        self._lost_tokens = 0
        # The end of the text is counted as one; piece by piece, roundings would add up.
        self._tail: list[str] = []
        self._before_tail = 0
        self._chars_to_go = 0
        self._asking: asyncio.Task[None] | None = None
        self._refusal: ChatError | None = None
        self._recount()

    def count(self, text: str) -> None:
        """Add what the answer says, and ask for more when it comes to the end of what was granted."""
        self._tail.append(text)
        self._chars_to_go -= len(text)
        if self._chars_to_go > 0:
            return
        self._recount()
        if self._refusal is not None:
            self._end_if_used_up()
        elif self._left() <= self._ahead() and self._asking is None:
            self._asking = asyncio.create_task(self._ask())

    async def next_limit(self, requests: Sequence[Request]) -> int | None:
        """Return how many tokens the request after these may take; None for as many as it likes, 0 for no request.

        Raises ChatError `budget` where nothing more is left for it.
        """
        self._said_nothing = not any(len(request.said) for request in requests)
        self._last_limit = await self._after(requests[-1]) if requests else self._reservation.limit
        return self._last_limit

    async def _after(self, last: Request) -> int | None:
        if self._asking is not None:
            await asyncio.wait({self._asking})
        most = MOST_AT_FIRST if self._longest is not None else longest_request(None, self._model)
        if last.error is not None and refuses_limit(last.error):
            most = SMALL_LIMIT
            if last.error.code != "context_length":
                runtime.part(SmallLimitModels).names.add(self._model)
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
                # Nobody knows whether it used that much, so the reason it failed is told, not the budget.
                raise last.error from None
            raise
        return None if granted_tokens(self._budgets, self._prompt_tokens) is None else min(most, self._left())

    def _begin_another(self, last: Request) -> None:
        """Count what the last request used, by the provider's count if there is one, and the prompt of the next.

        One that was lost before a word may have reasoned for as long as it was allowed to.
        """
        self._recount()
        said = self._answer_tokens - self._answered
        counted = last.usage.completion_tokens if last.usage else None
        if counted is None and last.finish_reason == "length":
            counted = self._last_limit
        elif _is_lost(last):
            self._lost_tokens += self._last_limit or 0
        self._answered += said if counted is None else counted
        self._tail.clear()
        self._before_tail = 0
        self._sent_tokens += said
        self._prompt_tokens += self._sent_tokens
        self._recount()

    def close(self) -> None:
        """Ask for nothing more."""
        if self._asking is not None:
            self._asking.cancel()

    def _recount(self) -> None:
        """Count the tokens of what was said, and in how many characters that is worth doing again."""
        tail = "".join(self._tail)
        tail_tokens = estimate_tokens(tail, self._regression)
        self._answer_tokens = self._answered + self._before_tail + tail_tokens
        if len(tail) > TAIL_CHARS:
            self._before_tail += tail_tokens
            self._tail.clear()
        # No text has more tokens than characters.
        self._chars_to_go = max(FEWEST_CHARS, self._left() - self._ahead())

    def _granted(self) -> int:
        """Return how many tokens the answer may have in all; always more than it has where length costs nothing."""
        granted = granted_tokens(self._budgets, self._prompt_tokens)
        return self._answer_tokens + STEP_TOKENS if granted is None else granted - self._lost_tokens

    def _left(self) -> int:
        """Return how many tokens may still be said; below zero where too many were."""
        return self._granted() - self._answer_tokens

    def _ahead(self) -> int:
        """Return how many tokens before its end the grant is extended: 0 where it covers all that may come."""
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
            # The answer may still use what was granted before.
            self._refusal = error
            self._recount()
            self._end_if_used_up()
        except Exception:
            # The next piece of text asks again: a busy database must not cost an answer.
            logger.exception("A budget could not be asked for more.")
        finally:
            self._asking = None

    async def _extend(self, tokens: int = STEP_TOKENS) -> None:
        answer_tokens = self._answer_tokens + tokens
        if self._longest is not None and self._answer_tokens < self._longest:
            answer_tokens = min(answer_tokens, self._longest)
        total = self._prompt_tokens, answer_tokens + self._lost_tokens
        self._budgets = await database.run(extend_now, self._generation_id, self._budgets, *total)
        # More was said meanwhile.
        self._recount()


def _is_lost(last: Request) -> bool:
    """Whether nobody knows what the provider did with a request."""
    return not len(last.said) and last.usage is None and last.error is not None and last.error.code in LOST
