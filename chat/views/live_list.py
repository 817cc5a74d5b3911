"""The caller's list of conversations as it changes, as server-sent events."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from chat import database, sse
from chat.access.credential import Credential
from chat.access.subscription import admit
from chat.errors import ChatError
from chat.events import Failed
from chat.live_list import feed
from chat.models import Conversation
from chat.views.access import Caller, api
from chat.views.stream import EventStream
from chat.views.summary import summaries

logger = logging.getLogger(__name__)

LONGEST_GAP: Final = timedelta(hours=1)


@api("GET")
async def events(request: HttpRequest, caller: Caller) -> StreamingHttpResponse:
    """Tell what changes from now on, or since the event whose id is given; an id is a time in milliseconds.

    An id older than `LONGEST_GAP` is as good as none: what was deleted since cannot be told any more.
    """
    last = request.headers.get("Last-Event-ID") or request.GET.get("after") or ""
    now = timezone.now()
    try:
        since = datetime.fromtimestamp(sse.position_from(last) / 1000, UTC) if last else None
        if since and since > now + feed.OVERLAP:
            raise ValueError("Nothing has happened yet then.")
    except (ValueError, OverflowError, OSError):
        raise ChatError("invalid_request", "Last-Event-ID and `after` take the id of an event.") from None
    if since and since < now - LONGEST_GAP:
        since = None
    subscription = feed.subscribe(caller.user.pk, since, settings.CHAT_MAX_STREAMS_PER_USER)
    return EventStream(Lines(subscription, caller.credential))


class Lines:
    """The changes of one open list, encoded. `close` is called by the response even if nobody has read a line."""

    def __init__(self, subscription: feed.ListSubscription, credential: Credential) -> None:
        self._subscription = subscription
        self._credential = credential

    def close(self) -> None:
        feed.unsubscribe(self._subscription)

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        try:
            # The headers go out at once: the page knows then that it misses nothing from here on.
            yield sse.HEARTBEAT
            with admit(self._credential) as admission:
                async with aclosing(self._subscription.changes()) as changes:
                    with admission.waiting():
                        async for rows in changes:
                            admission.pause()
                            yield sse.HEARTBEAT if rows is None else await database.run(_encoded, rows)
                            admission.check()
        except ChatError as error:
            now = int(timezone.now().timestamp() * 1000)
            yield sse.encode(now, Failed("interrupted", error.message, retryable=False))
        except Exception:
            # The headers are out: the browser comes again.
            logger.exception("A stream of changes failed.")
        finally:
            self.close()


def _encoded(rows: list[Conversation]) -> bytes:
    return b"".join(
        sse.encode(int(row.changed_at.timestamp() * 1000), _event(row, summary))
        for row, summary in zip(rows, summaries(rows), strict=True)
    )


def _event(row: Conversation, summary: dict[str, Any]) -> dict[str, Any]:
    if row.deleted_at is not None:
        return {"type": "removed", "id": row.pk}
    return {"type": "conversation", "conversation": summary}
