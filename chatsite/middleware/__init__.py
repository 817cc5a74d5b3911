"""Django middleware of the site. All of it runs on the event loop, so that a streamed answer never pays for a thread.

`builtin` is Django's own, called without threads; the others are the site's. `chatsite.settings` has their order.
"""

from collections.abc import Awaitable, Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
