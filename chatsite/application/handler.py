"""Django's ASGI handler, without the threads that Django uses where nothing waits."""

import asyncio
from contextlib import suppress
from typing import Any

from asgiref.sync import sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import set_script_prefix

from chatsite.application import Receive, Send
from chatsite.application.thread_pool import has_used_thread

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Handler(ASGIHandler):
    """Runs Django for one request: see `django.core.handlers.asgi` (5.2), which does it in the same steps.

    Two things differ. A response that was made on the event loop is closed there, not in a thread. And a request that
    the server cancels takes the view along, which Django leaves running.
    """

    async def handle(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request, unless the client goes away first."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        try:
            set_script_prefix(get_script_prefix(scope))
            await signals.request_started.asend(sender=type(self), scope=scope)
            request, refused = self.create_request(scope, body)
            if request is not None:
                await self._answer(request, receive, send)
            elif refused is not None:
                await self.send_response(refused, send)
                await _close(refused)
        finally:
            body.close()

    async def _answer(self, request: HttpRequest, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(_disconnected(receive))
        answering = asyncio.create_task(self._respond(request, send))
        try:
            await asyncio.wait((leaving, answering), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            # A view may catch it, to end in good order.
            answering.cancel()
            await asyncio.wait((leaving, answering))
        if answering.cancelled():
            await signals.request_finished.asend(sender=type(self))
        else:
            await _close(answering.result())

    async def _respond(self, request: HttpRequest, send: Send) -> HttpResponseBase:
        response: HttpResponseBase = await self.run_get_response(request)
        # The client is gone where this is cancelled; what there is of a response is closed all the same.
        with suppress(asyncio.CancelledError):
            await self.send_response(response, send)
        return response

    def adapt_method_mode(self, is_async: bool, method: Any, *args: Any, **kwargs: Any) -> Any:
        """Check the CSRF token without a thread where there is no form to read."""
        in_thread: Any = super().adapt_method_mode(is_async, method, *args, **kwargs)
        if not is_async or not isinstance(getattr(method, "__self__", None), CsrfViewMiddleware):
            return in_thread

        async def process_view(request: HttpRequest, callback: Any, *args: Any) -> Any:
            if request.method in SAFE_METHODS or getattr(callback, "csrf_exempt", False):
                return method(request, callback, *args)
            return await in_thread(request, callback, *args)

        return process_view


async def _disconnected(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _close(response: HttpResponseBase) -> None:
    """Close a response in its request's thread if that was used, else at once."""
    if has_used_thread():
        await sync_to_async(response.close)()
    else:
        response.close()
