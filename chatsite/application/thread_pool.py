"""A few threads for the synchronous parts of every request.

Django gives each request a thread of its own as soon as one of its hooks is synchronous (the receivers of
`request_started` are, and most of its middleware), and keeps it until the response ends: a thread and perhaps a
database connection for every open stream. A lane is such a thread, shared by many requests, one call at a time.

Requests that may hash a password have lanes apart, because they keep one for as long as that takes. And a request that
does all its work elsewhere (probes, static files, the JSON interface) enters none: see `chatsite.middleware.builtin`.
"""

import re
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Final

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

# With the threads of `chat.database` at most 19 of them hold a database connection.
LANES = 10
DOOR_LANES = 2
# Forms that may ask for a password or make one, and those beside them.
_DOORS: Final = re.compile(r"^/(login|accounts|setup|settings|admin/(login|password_change|auth/user))/")


def is_door(method: str, path: str) -> bool:
    """Whether answering such a request may take a hash."""
    return method == "POST" and _DOORS.match(path) is not None


class Visit:
    """A request's way through the site: whether it did something in its lane."""

    __slots__ = ("is_inside",)

    def __init__(self) -> None:
        self.is_inside = False


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


class Thread(ThreadPoolExecutor):
    """A lane's one thread, which a request is known to have entered when it has given it something to do."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        visit = _visit.get()
        if visit is not None:
            visit.is_inside = True
        return super().submit(fn, *args, **kwargs)


class Lane(ThreadSensitiveContext):
    """A thread, and how many requests are being worked on in it."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = 0
        self.thread = Thread(1, thread_name_prefix="lane")
        # Where asgiref looks for a context's thread before it makes one.
        SyncToAsync.context_to_thread_executor[self] = self.thread


class Lanes:
    """An ASGI application that runs another one, each request in the lane with the least to do.

    A request leaves its lane when its response begins: a stream needs its thread no more until it ends.
    """

    def __init__(self, application: Application, count: int = LANES, at_doors: int = DOOR_LANES) -> None:
        self._application = application
        self._lanes = [Lane() for _ in range(count)]
        self._at_doors = [Lane() for _ in range(at_doors)]

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        lanes = self._at_doors if is_door(scope.get("method", ""), scope.get("path", "")) else self._lanes
        lane = min(lanes, key=_busy)
        inside = True

        async def passing(message: Any) -> None:
            nonlocal inside
            if inside and message["type"] == "http.response.start":
                inside = False
                lane.busy -= 1
            await send(message)

        visit = Visit()
        _visit.set(visit)
        # asgiref's own way in: Django enters a context of its own only where there is none yet.
        SyncToAsync.thread_sensitive_context.set(lane)
        lane.busy += 1
        try:
            await self._application(scope, receive, passing)
        finally:
            if inside:
                lane.busy -= 1
            if visit.is_inside:
                # Nobody waits for it.
                lane.thread.submit(_close_connections)


def replace_signals() -> None:
    """Do what Django does in a thread at each request's start and end where it is due: in lanes that were entered.

    Our caches have nothing to close, a request's context ends with it, and queries are kept for the debugger only.
    """
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    request_finished.disconnect(reset_urlconf)


def has_entered() -> bool:
    """Whether this request has done something in its lane, or nobody knows."""
    visit = _visit.get()
    return visit is None or visit.is_inside


def _close_connections() -> None:
    if settings.configured:
        close_old_connections()


def _busy(lane: Lane) -> int:
    return lane.busy
