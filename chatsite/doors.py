"""The doors: which requests may hash a password, and how many of them are let in at once, and how often."""

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Final

from asgiref.sync import markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import get_template

from chatsite.attempt import Attempt
from chatsite.hashing import BusyError
from chatsite.lanes import is_door

GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

# At once, being answered or waiting: at three hashes a second the last one waits for a few seconds.
CAPACITY: Final = 10
RETRY_SECONDS: Final = 3
# From two minutes on a wait is told in minutes.
MINUTE: Final = 60


class Doors:
    """Lets a few requests through the doors at once, and tells the others when to come again."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._inside = 0
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_door(request.method or "", request.path_info):
            return await self.get_response(request)
        if self._inside >= CAPACITY:
            return turn_away(request, RETRY_SECONDS, "busy")
        self._inside += 1
        try:
            return await self._try(request)
        finally:
            self._inside -= 1

    async def _try(self, request: HttpRequest) -> HttpResponseBase:
        attempt = await sync_to_async(Attempt.begin)(request)
        if attempt is None:
            return await self.get_response(request)
        if attempt.wait:
            attempt.log(f"Turned away for {attempt.seconds} s")
            return turn_away(request, attempt.seconds, attempt.kind)
        response = await self.get_response(request)
        await sync_to_async(attempt.end)(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Say so where no more passwords can be hashed, whatever road led there."""
        return turn_away(request, RETRY_SECONDS, "busy") if isinstance(exception, BusyError) else None


def turn_away(request: HttpRequest, seconds: int, kind: str) -> HttpResponse:
    """Return the page that asks to come again in so many seconds; it asks the database nothing.

    `kind` is what was tried too often (`Attempt.kind`), or `busy` where others are being let in just now.
    """
    wait = (
        f"{seconds} second{'s' if seconds != 1 else ''}"
        if seconds < 2 * MINUTE
        else f"{ceil(seconds / MINUTE)} minutes"
    )
    page = get_template("429.html").render({"request": request, "kind": kind, "wait": wait})
    headers = {"Retry-After": str(seconds), "Cache-Control": "private, no-store"}
    return HttpResponse(page, status=429, headers=headers)
