"""Middleware of the site, native to async so that a streamed answer never pays for a thread."""

import gzip
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import lru_cache, partial
from secrets import token_urlsafe
from time import monotonic

import brotli
from asgiref.sync import markcoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

from chat import request_id
from chatsite.address import client_address

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

# Source: Content Security Policy Level 3 and Trusted Types. No style, image or frame from anywhere but this site, and
# nothing inline.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
)
# A page's script carries a word that was never used before, and hands it on to the modules it imports. No string ever
# becomes markup. The one policy of trusted types makes the addresses of the workers that read long answers and colour
# code, and no others.
PAGE_POLICY = POLICY + (
    "script-src 'nonce-{nonce}'; worker-src 'self'; require-trusted-types-for 'script'; trusted-types workers"
)
# What runs in a worker has the policy that came with its own file: it imports its neighbours and asks nobody.
WORKER_POLICY = "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
# Django's admin has scripts without nonces, and brings jQuery, which assigns markup strings.
ADMIN_POLICY = POLICY + "script-src 'self'"
NONCE_BYTES = 16


# A smaller file hardly shrinks.
COMPRESSED_FROM_BYTES = 400
# An older page may still ask for files by an older fingerprint; it gets what there is now, and shall not keep it.
FINGERPRINTED = re.compile(r"^/static/[0-9a-f]{12}/")
KEPT_FOR_GOOD = "max-age=31536000, public, immutable"
# The best one first. Source: RFC 9110, section 12.5.3. Brotli at 5 is a tenth smaller than gzip in the same time; at 11
# it saves twice that, and the first page after a start would wait for it.
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, quality=5),
    "gzip": partial(gzip.compress, mtime=0),
}
REFUSED = ("q=0", "q=0.0", "q=0.00", "q=0.000")
COMPRESSIBLE = re.compile(r"text/|application/json|image/svg\+xml")


# Asked every few seconds by machines: a log of them would hide the rest.
PROBES = ("/healthz", "/readyz", "/metrics", "/static/")


# What follows opens something once.
SECRET = re.compile(r"(?<=^/accounts/password/reset/key/)[^/]+|(?<=^/accounts/confirm-email/)[^/]+")


class RequestLog:
    """Gives every request its id, in the response and in each log line, and logs it.

    The query is left out: it may hold what people say.
    """

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = monotonic()
        name = request_id.enter(request.headers.get("X-Request-ID", ""))
        # Whoever asks for the address is told the client's, not the proxy's.
        peer, forwarded = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
        client = request.META["REMOTE_ADDR"] = client_address(peer, forwarded, settings.TRUSTED_PROXIES)
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


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, which is sync only, answering static files and nothing else from a thread."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        static_file = self.files.get(FINGERPRINTED.sub("/static/", request.path_info))
        if static_file is None:
            response: HttpResponseBase = await self.get_response(request)
            return response
        return await sync_to_async(self.read, thread_sensitive=False)(static_file, request)

    def read(self, static_file: object, request: HttpRequest) -> HttpResponse:
        """Answer with the file's bytes: a file object would be iterated on the event loop."""
        found = self.serve(static_file, request)
        headers = dict(found.items())
        with closing(found):
            body = b"".join(found)
        if request.path_info.startswith(settings.STATIC_URL):
            headers["Cache-Control"] = KEPT_FOR_GOOD
        if "javascript" in headers.get("Content-Type", ""):
            headers["Content-Security-Policy"] = WORKER_POLICY
        if body and COMPRESSIBLE.match(headers.get("Content-Type", "")) and found.status_code == 200:
            headers["Vary"] = "Accept-Encoding"
            coding = best_coding(request.headers.get("Accept-Encoding", ""))
            if len(body) >= COMPRESSED_FROM_BYTES and coding:
                body = compressed(body, coding)
                # The entity tag names the bytes as they lie on the disk; these are told apart by their date.
                headers.pop("ETag", None)
                headers |= {"Content-Encoding": coding, "Content-Length": str(len(body))}
        return HttpResponse(body, status=found.status_code, headers=headers)


@lru_cache(maxsize=512)
def compressed(body: bytes, coding: str) -> bytes:
    """Return a static file's bytes compressed; there are only so many, and each is compressed once."""
    return CODINGS[coding](body)


def best_coding(accepted: str) -> str:
    """Return the content coding to use for who accepts these, by an Accept-Encoding header; empty for none."""
    offered = {name.strip(): quality for name, _, quality in (each.partition(";") for each in accepted.split(","))}
    return next((each for each in CODINGS if each in offered and offered[each].strip() not in REFUSED), "")


class ContentSecurityPolicy:
    """Sends the policy with every page; a template finds the nonce in `request.csp_nonce`."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        nonce = request.csp_nonce = token_urlsafe(NONCE_BYTES)  # type: ignore[attr-defined]
        response = await self.get_response(request)
        policy = ADMIN_POLICY if request.path_info.startswith("/admin/") else PAGE_POLICY.format(nonce=nonce)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response
