"""How often and how much at once a person may ask. The rows tell, so it holds for all processes together."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q

from chat.errors import ChatError
from chat.generation.recovery import SILENCE
from chat.models import Generation, RateLimit, UsageRecord

MINUTE: Final = timedelta(minutes=1)
# Nobody knows when an answer ends; it is worth looking again before long.
AFTER_AN_ANSWER_SECONDS: Final = 5.0


def check(user: User, now: datetime) -> None:
    """Raise ChatError `rate_limit` where `user` may not ask now, within the transaction that writes the answer to be.

    Four queries, three on SQLite, one where nothing is limited. Answers of a process that has fallen silent are not
    under way, though nobody has finished them yet.
    """
    rows = RateLimit.holding_for(user.pk)
    streams = _limit(settings.CHAT_MAX_STREAMS_PER_USER, [(row.user_id, row.streams) for row in rows])
    messages = _limit(settings.CHAT_MESSAGES_PER_MINUTE, [(row.user_id, row.messages_per_minute) for row in rows])
    if not streams and not messages:
        return
    if connection.features.has_select_for_update:
        # Of two who ask at once the second counts the first. Rows that refer to the user need not wait.
        User.objects.select_for_update(no_key=True).values_list("pk").get(pk=user.pk)
    under_way = Q(finished_at__isnull=True, heartbeat_at__gt=now - SILENCE)
    counted = under_way | Q(created_at__gt=now - MINUTE) if messages else under_way
    generations = Generation.objects.filter(owner=user).filter(counted)
    asked = list(generations.values_list("pk", "created_at", "finished_at", "heartbeat_at"))
    writing = sum(finished is None and beat is not None and beat > now - SILENCE for *_, finished, beat in asked)
    if streams and writing >= streams:
        message = f"As many answers as allowed ({streams}) are being written for you. Stop one, or wait for its end."
        raise ChatError("rate_limit", message, retry_after=AFTER_AN_ANSWER_SECONDS)
    if not messages:
        return
    # Turns can be deleted, with all that knows of them but the ledger.
    begun = _billed(user, now) | {name: created for name, created, *_ in asked}
    recent = sorted((created for created in begun.values() if created > now - MINUTE), reverse=True)
    if len(recent) >= messages:
        # The one that has to be a minute old for another.
        seconds = (recent[messages - 1] + MINUTE - now).total_seconds()
        message = f"You may ask {messages} times in a minute. Ask again in {max(1, round(seconds))} s."
        raise ChatError("rate_limit", message, retry_after=seconds)


def _billed(user: User, now: datetime) -> dict[UUID, datetime]:
    """Return when the answers were asked for that the ledger has of the last minute, or a little later."""
    rows = UsageRecord.objects.filter(user_id=user.pk, kind=UsageRecord.Kind.ANSWER, created_at__gt=now - MINUTE)
    took: dict[UUID, float] = {}
    ended: dict[UUID, datetime] = {}
    for name, created, seconds in rows.order_by().values_list("generation_id", "created_at", "elapsed_seconds"):
        took[name] = took.get(name, 0.0) + seconds
        ended[name] = created
    return {name: created - timedelta(seconds=took[name]) for name, created in ended.items()}


def _limit(setting: int, exceptions: list[tuple[int | None, int | None]]) -> int:
    """Return the user's own of (user's id, limit), which comes first, or the groups' widest, or the setting."""
    given = [(user_id, limit) for user_id, limit in exceptions if limit is not None]
    if not given:
        return setting
    user_id, first = given[0]
    if user_id is not None:
        return first
    limits = [limit for _, limit in given]
    return 0 if 0 in limits else max(limits)
