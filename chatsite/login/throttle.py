"""How many requests may hash passwords at once, and how often a name, an address or a device may try to sign in."""

from functools import lru_cache
from math import ceil
from typing import Final

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import get_template

from chat.accounts.leaving import is_gone
from chatsite.application.thread_pool import may_hash_password
from chatsite.login.attempt import LoginAttempt
from chatsite.login.hashing_pool import QueueFullError
from chatsite.middleware import AsyncMiddleware, GetResponse

# Being answered or waiting: at three hashes a second the last one waits for a few seconds.
MAX_CONCURRENT: Final = 10
RETRY_SECONDS: Final = 3
# From two minutes on a wait is told in minutes.
MINUTE_SECONDS: Final = 60


class LoginThrottle(AsyncMiddleware):
    """Lets a few requests in at once, and answers the others with 429 and when to come again."""

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        self._concurrent = 0
        # A crowd is told the same, and each of these pages costs the event loop as much as the rest of the answer.
        self._page = lru_cache(maxsize=64)(_page)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not may_hash_password(request.method or "", request.path_info):
            return await self.get_response(request)
        if self._concurrent >= MAX_CONCURRENT:
            return self._refuse(request, RETRY_SECONDS, "busy")
        self._concurrent += 1
        try:
            return await self._try(request)
        finally:
            self._concurrent -= 1

    async def _try(self, request: HttpRequest) -> HttpResponseBase:
        attempt = await sync_to_async(LoginAttempt.begin)(request)
        if attempt is None:
            return await self.get_response(request)
        if attempt.wait:
            attempt.log(f"Refused for {attempt.seconds} s")
            return self._refuse(request, attempt.seconds, attempt.kind)
        response = await self.get_response(request)
        await sync_to_async(attempt.end)(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Lead out whose account is gone; answer with 429 where no more passwords can be hashed, whichever view."""
        if is_gone(request, exception):
            return redirect("account_login")
        return self._refuse(request, RETRY_SECONDS, "busy") if isinstance(exception, QueueFullError) else None

    def _refuse(self, request: HttpRequest, seconds: int, kind: str) -> HttpResponse:
        """Return the page that asks to come again in so many seconds; it needs no database.

        `kind` is what was tried too often (`LoginAttempt.kind`), or `busy` where others are being let in just now.
        """
        page = self._page(kind, _wait(seconds), request.get_full_path(), request.COOKIES.get("theme", ""))
        headers = {"Retry-After": str(seconds), "Cache-Control": "private, no-store"}
        return HttpResponse(page, status=429, headers=headers)


def _wait(seconds: int) -> str:
    """Return a time as it is told."""
    if seconds < 2 * MINUTE_SECONDS:
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    return f"{ceil(seconds / MINUTE_SECONDS)} minutes"


def _page(kind: str, wait: str, path: str, theme: str) -> str:
    # Of the request the templates take nothing else.
    request = {"get_full_path": path, "COOKIES": {"theme": theme}}
    return get_template("429.html").render({"request": request, "kind": kind, "wait": wait})
