"""Django's own middleware, called on the event loop.

Django calls each hook of each middleware in a thread: a dozen trips for a request, most of what the middleware costs.
The hooks of these look at headers and cookies and wait for nothing: session and user are looked up when somebody asks,
in a database thread. Only a session that was changed is saved, and for that there is a thread. A request that did not
need one gets to its end without: whatever fills the threads (`thread_pool`), probes and programs are answered.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers import asgi
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware

from chatsite.application.thread_pool import has_entered

MIDDLEWARE = (
    SecurityMiddleware,
    SessionMiddleware,
    CommonMiddleware,
    CsrfViewMiddleware,
    AuthenticationMiddleware,
    MessageMiddleware,
    XFrameOptionsMiddleware,
)
SAFE: Final = ("GET", "HEAD", "OPTIONS")


class Handler(asgi.ASGIHandler):
    """Django's, which asks for a CSRF token in no thread where there is no form to read."""

    def adapt_method_mode(self, is_async: bool, method: Any, *args: Any, **kwargs: Any) -> Any:
        adapted = super().adapt_method_mode(is_async, method, *args, **kwargs)
        if not is_async or not isinstance(getattr(method, "__self__", None), CsrfViewMiddleware):
            return adapted

        beside: Any = adapted

        async def process_view(request: HttpRequest, callback: Any, *args: Any) -> Any:
            if request.method in SAFE or getattr(callback, "csrf_exempt", False):
                return method(request, callback, *args)
            return await beside(request, callback, *args)

        return process_view


def install() -> None:
    """Have it called so in this process. Their names stay, which Django's checks look for."""
    for middleware in MIDDLEWARE:
        middleware.__acall__ = _acall  # type: ignore[method-assign]
    # What Django uses there to close responses, and for nothing else.
    asgi.sync_to_async = _closing  # type: ignore[attr-defined]


def _closing(close: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """Close a response in its lane if it was made there, else at once."""

    async def closed() -> None:
        if has_entered():
            await sync_to_async(close)()
        else:
            close()

    return closed


async def _acall(self: Any, request: HttpRequest) -> HttpResponseBase:
    """See `django.utils.deprecation.MiddlewareMixin.__acall__`."""
    response: HttpResponseBase | None = None
    if hasattr(self, "process_request"):
        response = self.process_request(request)
    response = response or await self.get_response(request)
    if not hasattr(self, "process_response"):
        return response
    answer = self.process_response
    if isinstance(self, SessionMiddleware | MessageMiddleware) and _is_changed(request):
        answer = sync_to_async(answer, thread_sensitive=True)
        return await answer(request, response)  # type: ignore[no-any-return]
    return answer(request, response)  # type: ignore[no-any-return]


def _is_changed(request: HttpRequest) -> bool:
    """Whether there is something to keep of a session, or of messages, which may be kept in one."""
    messages = getattr(request, "_messages", None)
    return request.session.modified or (messages is not None and (messages.used or messages.added_new))
