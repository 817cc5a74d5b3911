"""What one person may take of the site: questions a minute, answers at once, stored text, streams followed at once.

The first three are counted from the database, so they hold over all processes; followed streams hold connections and
memory of one process, and are counted there.
"""

from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F, Q, Sum
from django.db.models.functions import Length

from chat import runtime
from chat.errors import ChatError
from chat.models import Conversation, Generation, RateLimit, UsageRecord
from chat.models.generation import SILENCE

MINUTE: Final = timedelta(minutes=1)
# When a refused request is worth repeating: nobody can foretell when one of the user's answers or streams ends.
RETRY_SECONDS: Final = 5.0
# Users with more free space than this (many answers of the greatest length) are not counted again for a minute.
AMPLE_CHARS: Final = 20_000_000
AMPLE_SECONDS: Final = 60.0
MOST_REMEMBERED: Final = 10_000


def check_rate(user: User, now: datetime) -> None:
    """Raise ChatError `rate_limit` where `user` may not ask now, within the transaction that writes the answer to be.

    Four queries, three on SQLite, one where nothing is limited. Answers whose process has not written its heartbeat
    for `SILENCE` do not count as under way, though nobody has finished them yet.
    """
    rows = RateLimit.holding_for(user.pk)
    streams = _effective(settings.CHAT_MAX_STREAMS_PER_USER, [(row.user_id, row.streams) for row in rows])
    messages = _effective(settings.CHAT_MESSAGES_PER_MINUTE, [(row.user_id, row.messages_per_minute) for row in rows])
    if not streams and not messages:
        return
    if connection.features.has_select_for_update:
        # The lock makes the second of two simultaneous questions count the first. `no_key`: rows that only refer to the
        # user can still be inserted meanwhile.
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=user.pk)
    under_way = Q(finished_at__isnull=True, heartbeat_at__gt=now - SILENCE)
    counted = under_way | Q(created_at__gt=now - MINUTE) if messages else under_way
    generations = Generation.objects.filter(owner=user).filter(counted)
    asked = list(generations.values_list("pk", "created_at", "finished_at", "heartbeat_at"))
    writing = sum(finished is None and beat is not None and beat > now - SILENCE for *_, finished, beat in asked)
    if streams and writing >= streams:
        message = f"As many answers as allowed ({streams}) are being written for you. Stop one, or wait for its end."
        raise ChatError("rate_limit", message, retry_after=RETRY_SECONDS)
    if not messages:
        return
    # Deleting a message deletes its generation, but not its rows in the ledger: deleting is no way around the limit.
    begun = _recorded(user, now) | {name: created for name, created, *_ in asked}
    recent = sorted((created for created in begun.values() if created > now - MINUTE), reverse=True)
    if len(recent) >= messages:
        # The next question is allowed once this one is a minute old.
        seconds = (recent[messages - 1] + MINUTE - now).total_seconds()
        message = f"You may ask {messages} times in a minute. Ask again in {max(1, round(seconds))} s."
        raise ChatError("rate_limit", message, retry_after=seconds)


def _recorded(user: User, now: datetime) -> dict[UUID, datetime]:
    """Return the start times of the answers that the ledger booked within the last minute, by generation.

    The ledger has the end of each request and how long it took; pauses between retries make the start a little late.
    """
    rows = UsageRecord.objects.filter(user_id=user.pk, kind=UsageRecord.Kind.ANSWER, created_at__gt=now - MINUTE)
    took: dict[UUID, float] = {}
    ended: dict[UUID, datetime] = {}
    for name, created, seconds in rows.order_by().values_list("generation_id", "created_at", "elapsed_seconds"):
        took[name] = took.get(name, 0.0) + seconds
        ended[name] = created
    return {name: created - timedelta(seconds=took[name]) for name, created in ended.items()}


def _effective(setting: int, exceptions: list[tuple[int | None, int | None]]) -> int:
    """Return the limit that holds: the user's own, else the widest of their groups', else the setting.

    `exceptions` are (user id, limit), the user's own first; a group's has None for a user. 0 is no limit.
    """
    given = [(user_id, limit) for user_id, limit in exceptions if limit is not None]
    if not given:
        return setting
    user_id, first = given[0]
    if user_id is not None:
        return first
    limits = [limit for _, limit in given]
    return 0 if 0 in limits else max(limits)


class AmpleStorage:
    """Until when (monotonic seconds) users need no new count of their stored text, by user id."""

    def __init__(self) -> None:
        self.until: dict[int, float] = {}


def check_storage(user: User) -> None:
    """Raise ChatError `too_large` where `user` stores as much text as is allowed.

    One query over their conversations, each of which has its own count; none for a minute after one that was far from
    the limit.
    """
    limit = settings.CHAT_STORED_CHARS_PER_USER
    now = monotonic()
    ample_until = runtime.part(AmpleStorage).until
    if not limit or ample_until.get(user.pk, 0.0) > now:
        return
    stored = Conversation.objects.of(user).aggregate(stored=Sum("stored_chars"))["stored"] or 0
    if stored >= limit:
        raise ChatError(
            "too_large",
            f"Your conversations hold {stored:,} characters; {limit:,} are allowed. Delete some to ask on. "
            "Nothing of what is there is lost.",
        )
    if limit - stored > AMPLE_CHARS:
        if len(ample_until) >= MOST_REMEMBERED:
            ample_until.clear()
        ample_until[user.pk] = now + AMPLE_SECONDS


def recount_storage(conversation: Conversation) -> None:
    """Count a conversation's stored characters again, after something was taken out of it."""
    said = conversation.messages.order_by().aggregate(said=Sum(Length("content") + Length("reasoning")))["said"] or 0
    Conversation.objects.filter(pk=conversation.pk).update(stored_chars=said + Length(F("system_prompt")))


class FollowedStreams:
    """How many streams each user follows in this process, by user id. Django closes responses in a thread: `lock`."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.lock = Lock()


class Place:
    """One followed stream of a user, counted from its construction until `leave`."""

    def __init__(self, user_id: int, limit: int) -> None:
        """Count one more. Raises ChatError `rate_limit` where `limit` are followed already; 0 is no limit."""
        self._user_id: int | None = user_id
        self._streams = runtime.part(FollowedStreams)
        with self._streams.lock:
            count = self._streams.counts.get(user_id, 0)
            if limit and count >= limit:
                message = f"You follow as many answers at once as allowed ({limit}). Close one, or wait for its end."
                raise ChatError("rate_limit", message, retry_after=RETRY_SECONDS)
            self._streams.counts[user_id] = count + 1

    def leave(self) -> None:
        """Count one less; a second call changes nothing."""
        with self._streams.lock:
            if self._user_id is None:
                return
            left = self._streams.counts[self._user_id] - 1
            if left:
                self._streams.counts[self._user_id] = left
            else:
                del self._streams.counts[self._user_id]
            self._user_id = None
