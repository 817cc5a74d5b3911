"""Answers as server-sent events, and stopping them."""

import logging
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from chat import database, metrics, sse
from chat.access.credential import Credential
from chat.access.subscription import admit
from chat.errors import ChatError, unexpected
from chat.events import Failed
from chat.generation import live
from chat.generation.live import Placed
from chat.generation.request import Ask
from chat.generation.start import begin
from chat.generation.stream import follow
from chat.limits import Place
from chat.models import Generation
from chat.views.access import KEPT_BY_NOBODY, Caller, api, parse, respond

logger = logging.getLogger(__name__)


@api("POST")
async def stream(request: HttpRequest, caller: Caller) -> StreamingHttpResponse:
    """Ask, and follow the answer."""
    ask = parse(request, Ask)
    place = Place(caller.user.pk, settings.CHAT_MAX_FOLLOWERS_PER_USER)
    try:
        generation_id = await begin(caller.user, caller.api_key, ask)
        return event_stream(Followed(caller.credential, await follow(caller.user, generation_id), place))
    except BaseException:
        place.leave()
        raise


@api("GET")
async def resume(request: HttpRequest, caller: Caller, generation_id: UUID) -> StreamingHttpResponse:
    """Follow an answer again, from the last position that was seen."""
    last = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    try:
        after = sse.position_from(last)
    except ValueError:
        raise ChatError("invalid_request", "Last-Event-ID and `after` take the id of an event.") from None
    place = Place(caller.user.pk, settings.CHAT_MAX_FOLLOWERS_PER_USER)
    try:
        return event_stream(Followed(caller.credential, await follow(caller.user, generation_id, after), place))
    except BaseException:
        place.leave()
        raise


@api("POST")
async def stop(request: HttpRequest, caller: Caller, generation_id: UUID) -> HttpResponse:
    """Stop an answer. One that has ended already stays as it is."""
    mine = Generation.objects.filter(
        owner=caller.user, pk=generation_id, message__conversation__deleted_at__isnull=True
    )
    if not await database.run(mine.exists):
        raise ChatError("not_found", "There is no such generation.")
    generation = live.find(generation_id)
    if generation is not None:
        generation.stop()
    else:
        # Another process writes it, and looks for this a few times a second.
        await database.run(lambda: mine.filter(finished_at__isnull=True).update(stop_requested_at=timezone.now()))
    return respond({"generation_id": generation_id}, 202)


def event_stream(parts: AsyncIterable[bytes]) -> StreamingHttpResponse:
    """Return the response that sends encoded events as they come, past every buffer on the way."""
    response = StreamingHttpResponse(parts, content_type="text/event-stream")
    response.headers["Cache-Control"] = f"no-cache, {KEPT_BY_NOBODY}"
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Content-Encoding"] = "identity"
    return response


class Followed:
    """A follower's events, encoded. `close` is called by the response even if nobody has read one."""

    def __init__(self, credential: Credential, events: AsyncGenerator[Placed | None, None], place: Place) -> None:
        self._credential = credential
        self._events = events
        self._place = place

    def close(self) -> None:
        self._place.leave()

    def __aiter__(self) -> AsyncGenerator[bytes, None]:
        return _encoded(self._credential, self._events, self._place)


async def _encoded(
    credential: Credential, events: AsyncGenerator[Placed | None, None], place: Place
) -> AsyncGenerator[bytes, None]:
    position = 0
    try:
        with metrics.STREAMS.track_inprogress(), admit(credential) as admission:
            # Each token passes here: what its reader was let in by is looked at without another generator.
            async with aclosing(events):
                with admission.waiting():
                    async for placed in events:
                        admission.pause()
                        if placed is None:
                            yield sse.HEARTBEAT
                        else:
                            position = placed[0]
                            yield sse.encode(*placed)
                        admission.check()
    except ChatError as error:
        yield sse.encode(position, Failed("interrupted", error.message, retryable=False))
    except Exception:
        # The headers are out: a stream says how it ended, whatever happens.
        logger.exception("A stream failed.")
        yield sse.encode(position, Failed("unknown", unexpected().message, retryable=True))
    finally:
        place.leave()
