"""The log of requests, and what each request is told apart by."""

import logging
import re
from time import monotonic
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from chat import request_id
from chatsite.middleware import AsyncMiddleware, GetResponse
from chatsite.middleware.client_address import client_address, is_untrusted_proxy

logger = logging.getLogger(__name__)

# Asked every few seconds by machines: a log of them would hide the rest.
PROBES: Final = ("/healthz", "/readyz", "/metrics", "/static/")
# The rest of these paths is a key that opens something once.
SECRET: Final = re.compile(r"(?<=^/accounts/password/reset/key/)[^/]+|(?<=^/accounts/confirm-email/)[^/]+")


class RequestLog(AsyncMiddleware):
    """Gives every request its id, in the response and in each log line, and logs it.

    The query is left out: it may hold what people say.
    """

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        # Each proxy that is not trusted is named once.
        self._named: set[str] = set()

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = monotonic()
        name = request_id.enter(request.headers.get("X-Request-ID", ""))
        # Whoever asks for the address later is told the client's, not the proxy's.
        client = request.META["REMOTE_ADDR"] = self._client(request)
        response = await self.get_response(request)
        response.headers["X-Request-ID"] = name
        # Parts of a request know the request: with its body it would wait for the garbage collector.
        response._resource_closers.append(request.__dict__.clear)  # type: ignore[attr-defined]
        if logger.isEnabledFor(logging.INFO) and not request.path_info.startswith(PROBES):
            fields = {
                "method": request.method,
                "path": SECRET.sub("…", request.path_info),
                "status": response.status_code,
                "seconds": round(monotonic() - began, 4),
                "client": client,
            }
            logger.info("%s %s %d", *list(fields.values())[:3], extra={"fields": fields})
        return response

    def _client(self, request: HttpRequest) -> str:
        peer, forwarded = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
        if is_untrusted_proxy(peer, forwarded, settings.TRUSTED_PROXIES) and peer not in self._named:
            self._named.add(peer)
            message = "X-Forwarded-For from %s is not believed. A proxy of yours belongs in TRUSTED_PROXIES."
            logger.warning(message, peer)
        return client_address(peer, forwarded, settings.TRUSTED_PROXIES)
