"""A few threads for the synchronous parts of every request.

Django gives each request a thread of its own as soon as one of its hooks is synchronous (the receivers of
`request_started` are, and most of its middleware), and keeps it until the response ends: a thread and perhaps a
database connection for every open stream. A lane is such a thread, shared by many requests, one call at a time.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

# With the threads of `chat.database` at most 19 of them hold a database connection.
LANES = 12


class Lane(ThreadSensitiveContext):
    """A thread, and how many requests are being worked on in it."""

    busy = 0


class Lanes:
    """An ASGI application that runs another one, each request in the lane with the least to do.

    A request leaves its lane when its response begins: a stream needs its thread no more until it ends.
    """

    def __init__(self, application: Application, count: int = LANES) -> None:
        self._application = application
        self._lanes = [Lane() for _ in range(count)]

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        lane = min(self._lanes, key=_busy)
        inside = True

        async def passing(message: Any) -> None:
            nonlocal inside
            if inside and message["type"] == "http.response.start":
                inside = False
                lane.busy -= 1
            await send(message)

        # asgiref's own way in: Django enters a context of its own only where there is none yet.
        SyncToAsync.thread_sensitive_context.set(lane)
        lane.busy += 1
        try:
            await self._application(scope, receive, passing)
        finally:
            if inside:
                lane.busy -= 1


def _busy(lane: Lane) -> int:
    return lane.busy
