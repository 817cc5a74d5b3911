"""Answers as server-sent events, and stopping them."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from chat import metrics, sse
from chat.access.credential import Credential
from chat.access.subscription import Subscription, admit
from chat.errors import ChatError
from chat.generation import control
from chat.generation.request import ChatRequest
from chat.generation.start import begin
from chat.generation.stream import Source, find, follow
from chat.limits import Place
from chat.views.access import KEPT_BY_NOBODY, Caller, api, parse, respond


@api("POST")
async def stream(request: HttpRequest, caller: Caller) -> StreamingHttpResponse:
    """ChatRequest, and follow the answer."""
    ask = parse(request, ChatRequest)
    place = Place(caller.user.pk, settings.CHAT_MAX_FOLLOWERS_PER_USER)
    try:
        generation_id = await begin(caller.user, caller.api_key, ask)
        return EventStream(Followed(caller.credential, await find(caller.user, generation_id), place))
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
        return EventStream(Followed(caller.credential, await find(caller.user, generation_id), place, after))
    except BaseException:
        place.leave()
        raise


@api("POST")
async def stop(request: HttpRequest, caller: Caller, generation_id: UUID) -> HttpResponse:
    """Stop an answer. One that has ended already stays as it is."""
    await control.stop(caller.user, generation_id)
    return respond({"generation_id": generation_id}, 202)


class EventStream(StreamingHttpResponse):
    """Sends encoded events as they come, past every buffer on the way."""

    def __init__(self, parts: AsyncIterable[bytes]) -> None:
        super().__init__(parts, content_type="text/event-stream")
        self._parts = parts
        self.headers["Cache-Control"] = f"no-cache, {KEPT_BY_NOBODY}"
        self.headers["X-Accel-Buffering"] = "no"
        self.headers["Content-Encoding"] = "identity"

    def __aiter__(self) -> AsyncIterator[bytes]:
        # Django's own passes each part through two generators.
        return aiter(self._parts)


class Followed:
    """A follower's events, encoded. `close` is called by the response even if nobody has read one."""

    def __init__(self, credential: Credential, source: Source, place: Place, after: int = 0) -> None:
        self._credential = credential
        self._source = source
        self._place = place
        self._after = after

    def close(self) -> None:
        self._place.leave()

    def __aiter__(self) -> AsyncGenerator[bytes, None]:
        return follow(self._source, self._subscribed(), sse.encode, sse.HEARTBEAT, self._after)

    @contextmanager
    def _subscribed(self) -> Iterator[Subscription]:
        try:
            with metrics.STREAMS.track_inprogress(), admit(self._credential) as subscription:
                yield subscription
        finally:
            self._place.leave()
