"""Django's own middleware, called on the event loop.

Django calls each hook of each middleware in a thread: a dozen trips for a request, most of what the middleware costs.
The hooks of these look at headers and cookies and wait for nothing: session and user are looked up when somebody asks,
in a database thread. Only a session that was changed is saved, and for that there is a thread.
"""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware

MIDDLEWARE = (
    SecurityMiddleware,
    SessionMiddleware,
    CommonMiddleware,
    CsrfViewMiddleware,
    AuthenticationMiddleware,
    MessageMiddleware,
    XFrameOptionsMiddleware,
)


def install() -> None:
    """Have it called so in this process. Their names stay, which Django's checks look for."""
    for middleware in MIDDLEWARE:
        middleware.__acall__ = _acall  # type: ignore[method-assign]


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
