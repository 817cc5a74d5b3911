"""Django middleware of the site. All of it runs on the event loop, so that a streamed answer never pays for a thread.

`builtin` is Django's own, called without threads; the others are the site's. `chatsite.settings` has their order.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from asgiref.sync import markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class AsyncMiddleware(ABC):
    """A middleware of the site: Django calls it on the event loop, and nothing of it in a thread."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    @abstractmethod
    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer to a request."""
