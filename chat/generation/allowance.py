"""How long an answer may become before its budgets are asked for more: in memory, so that a token costs nothing."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from chat import database
from chat.errors import ChatError
from chat.events import Delta, Status
from chat.generation.retry import Attempt
from chat.generation.transcript import words_of
from chat.models import ChatModel
from chat.providers.base import CompletionRequest
from chat.usage import budget
from chat.usage.budget import ANSWER_TOKENS, Need, Share
from chat.usage.estimate import UNTAUGHT, Lessons, estimate_prompt_tokens, estimate_tokens
from chat.usage.ledger import LOST, Account
from chat.usage.pricelist import price_in_force, unit_price

logger = logging.getLogger(__name__)

# Near the end what was said is counted this often. Fewer would count the rounding of each piece.
FEWEST_CHARS: Final = 32
TAIL_CHARS: Final = 4000
# So many tokens before the end of a grant more is asked for: the database may answer while they are said.
AHEAD_TOKENS: Final = 256
# Whoever allows an answer to be longer than this sets the rest aside while it grows: others want some, too.
MOST_AT_FIRST: Final = 32_768


class Allowance:
    """What one answer was granted of its hard budgets. `end` is called with why it may not go on.

    All methods belong to the event loop.
    """

    def __init__(
        self,
        generation_id: UUID,
        request: CompletionRequest,
        shares: Sequence[Share],
        end: Callable[[ChatError], None],
        lessons: Lessons = UNTAUGHT,
    ) -> None:
        self._lessons = lessons
        self._generation_id = generation_id
        self._shares = tuple(shares)
        self._end = end
        self._longest = request.max_tokens
        self._prompt_tokens = estimate_prompt_tokens((turn.content for turn in request.turns), lessons)
        self._answer_tokens = 0
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

    async def ask_again(self, attempts: Sequence[Attempt]) -> None:
        """Grant another request after the last one. Raises ChatError `budget` where nothing more is left for it."""
        last = attempts[-1]
        was_billed = len(last.said) or (last.error is not None and last.error.code in LOST)
        if not was_billed:
            return
        self._prompt_tokens += estimate_prompt_tokens((*last.prompt, last.said.content), self._lessons)
        if self._left() <= 0:
            await self._extend()

    def close(self) -> None:
        """Ask for nothing more."""
        if self._asking is not None:
            self._asking.cancel()

    def _count(self) -> None:
        """Count what was said, and see how much may be said before that is worth doing again."""
        tail = "".join(self._tail)
        tail_tokens = estimate_tokens(tail, self._lessons)
        self._answer_tokens = self._before_tail + tail_tokens
        if len(tail) > TAIL_CHARS:
            self._before_tail += tail_tokens
            self._tail.clear()
        # No text has more tokens than characters.
        self._chars_to_go = max(FEWEST_CHARS, self._left() - self._ahead())

    def _granted(self) -> int:
        """Return how many tokens the answer may have in all; more than it has where length costs nothing."""
        lengths = [share.answer_tokens(self._prompt_tokens) for share in self._shares]
        given = [length for length in lengths if length is not None]
        return min(given, default=self._answer_tokens + ANSWER_TOKENS)

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

    async def _extend(self) -> None:
        answer_tokens = self._answer_tokens + ANSWER_TOKENS
        if self._longest is not None and self._answer_tokens < self._longest:
            answer_tokens = min(answer_tokens, self._longest)
        self._shares = await database.run(extend, self._generation_id, self._shares, self._prompt_tokens, answer_tokens)
        # More was said meanwhile.
        self._count()


def grant(
    account: Account, request: CompletionRequest, now: datetime, lessons: Lessons = UNTAUGHT
) -> tuple[Share, ...]:
    """Set aside what an answer may take of the budgets that hold for it, within the transaction that writes its rows.

    Raises ChatError `budget`.
    """
    model = ChatModel.objects.filter(pk=account.model_id).first() if account.model_id else None
    price = price_in_force(model, now) if model else None
    need = Need(
        prompt_tokens=estimate_prompt_tokens((turn.content for turn in request.turns), lessons),
        answer_tokens=min(request.max_tokens or ANSWER_TOKENS, MOST_AT_FIRST),
        price=unit_price(price) if price else None,
    )
    return budget.reserve(account.user_id, account.api_key_id, account.generation_id, need, now)


@database.writing()
def extend(generation_id: UUID, shares: Sequence[Share], prompt_tokens: int, answer_tokens: int) -> tuple[Share, ...]:
    """`budget.extend` in a transaction of its own, now."""
    return budget.extend(generation_id, shares, prompt_tokens, answer_tokens, timezone.now())
