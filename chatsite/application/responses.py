"""Completes every response: a header, no body for HEAD, and a JSON error with 500 where the application failed."""

import logging
from collections.abc import Awaitable
from typing import Any

from chatsite.application import Application, Receive, Send
from chatsite.application.errors import FAILED, NO_PREFETCH, send_error

logger = logging.getLogger(__name__)


class Responses:
    """An ASGI application that runs another one and completes its responses."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            send = _without_body(send)
        has_begun = False

        # Not a coroutine: a streamed answer comes through here with every token.
        def complete(message: Any) -> Awaitable[None]:
            nonlocal has_begun
            if not has_begun and message["type"] == "http.response.start":
                has_begun = True
                message = {**message, "headers": [*message.get("headers", ()), NO_PREFETCH]}
            return send(message)

        try:
            await self._application(scope, receive, complete)
        except Exception:
            if has_begun:
                # The server cuts the connection, which tells the client that this is not the end.
                raise
            logger.exception("%s %s failed", scope["method"], scope["path"])
            await send_error(scope, complete, FAILED)


def _without_body(send: Send) -> Send:
    """Leave out the body of a response to HEAD, however many pieces it comes in."""

    async def only_headers(message: Any) -> None:
        if message["type"] != "http.response.body":
            await send(message)
        elif not message.get("more_body", False):
            await send({"type": "http.response.body"})

    return only_headers
