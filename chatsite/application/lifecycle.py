"""Start and stop of the site in a process, as the ASGI server tells it."""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from chatsite.application import Application, Receive, Send
from chatsite.application.errors import STOPPING, send_error

logger = logging.getLogger(__name__)
Hook = Callable[[], Coroutine[Any, Any, None]]


class Lifecycle:
    """An ASGI application that runs another one between `start` and `stop`, and speaks the lifespan protocol.

    A server that does not speak it (Daphne's own command) starts the site with the first request, and never stops it:
    what was being written then is recovered by whoever starts next.
    """

    def __init__(self, application: Application, *, start: Hook, stop: Hook) -> None:
        self._application = application
        self._start = start
        self._stop = stop
        self._starting: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self._live(receive, send)
        elif kind == "websocket":
            # Refused before it is accepted, which the client hears as 403.
            await send({"type": "websocket.close"})
        elif self._is_stopping:
            await send_error(scope, send, STOPPING)
        else:
            if self._starting is None:
                self._begin().add_done_callback(_log_failure)
            await self._application(scope, receive, send)

    def _begin(self) -> "asyncio.Task[None]":
        # A context of its own: that of the request which may have caused it would live as long as what is started.
        self._starting = asyncio.create_task(self._start(), context=contextvars.Context())
        return self._starting

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start when the server says so, and stop when it says that. Source: ASGI lifespan 2.0."""
        await receive()
        try:
            await self._begin()
        except Exception as error:
            logger.exception("The site could not be started.")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._is_stopping = True
        try:
            await self._stop()
        except Exception as error:
            logger.exception("The site could not be stopped as it should.")
            await send({"type": "lifespan.shutdown.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})


def _log_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("The site could not be started.", exc_info=error)
