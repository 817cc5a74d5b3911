"""Django's own middleware, called on the event loop.

Django calls each hook of each of these in a thread: a dozen thread switches for a request, most of what they cost. The
hooks look at headers and cookies and wait for nothing: session and user are looked up when somebody asks for them, in a
database thread. Only what was changed in a session is saved in a thread of the request.
"""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware import clickjacking, common, csrf, security
from django.utils.deprecation import MiddlewareMixin


class OnEventLoop(MiddlewareMixin):
    """Calls the hooks of a middleware directly, where `MiddlewareMixin.__acall__` calls each in a thread."""

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase | None = None
        if hasattr(self, "process_request"):
            response = self.process_request(request)
        response = response or await self.get_response(request)  # type: ignore[misc]
        if hasattr(self, "process_response"):
            response = await self.finish(request, response)
        return response

    async def finish(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Call the hook for the response."""
        finished: HttpResponseBase = self.process_response(request, response)  # type: ignore[attr-defined]
        return finished


class Saving(OnEventLoop):
    """Calls the hook for the response in the request's thread where it has something to save."""

    async def finish(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not _is_changed(request):
            return await super().finish(request, response)
        hook: Any = self.process_response  # type: ignore[attr-defined]
        saved: HttpResponseBase = await sync_to_async(hook, thread_sensitive=True)(request, response)
        return saved


def _is_changed(request: HttpRequest) -> bool:
    """Whether there is something to save of a session, or of messages, which may be kept in one."""
    storage = getattr(request, "_messages", None)
    return request.session.modified or (storage is not None and (storage.used or storage.added_new))


class SecurityMiddleware(OnEventLoop, security.SecurityMiddleware):
    """HTTPS, and headers for it."""


class SessionMiddleware(Saving, sessions.SessionMiddleware):
    """The session."""


class CommonMiddleware(OnEventLoop, common.CommonMiddleware):
    """Hosts and slashes."""


class CsrfViewMiddleware(OnEventLoop, csrf.CsrfViewMiddleware):
    """The CSRF token. Its check reads forms: see `chatsite.application.handler`."""


class AuthenticationMiddleware(OnEventLoop, auth.AuthenticationMiddleware):
    """The user."""


class MessageMiddleware(Saving, messages.MessageMiddleware):
    """Messages to the user."""


class XFrameOptionsMiddleware(OnEventLoop, clickjacking.XFrameOptionsMiddleware):
    """No frames."""
