"""Static files and bundles of them, served from where they lie, compressed and kept by browsers."""

import gzip
import re
from collections.abc import Callable
from contextlib import closing
from functools import lru_cache, partial
from threading import Lock
from typing import Final

import brotli
from asgiref.sync import markcoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

from chatsite.bundles.cache import Bundles
from chatsite.middleware import GetResponse

# A worker has the policy that came with its own file: it imports its neighbours and asks nobody else.
WORKER_POLICY: Final = "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
# A smaller file hardly shrinks.
COMPRESSED_FROM_BYTES: Final = 400
# An older page may still ask for files by an older fingerprint; it gets what there is now, and shall not keep it.
FINGERPRINTED: Final = re.compile(r"^/static/[0-9a-f]{12}/")
# Bundles lie here; what is none of them lies here, too, as it is.
BUNDLED: Final = "/static/bundle/"
OUR_BUNDLES: Final = "/static/bundle/chat/"
KEPT_FOR_GOOD: Final = "max-age=31536000, public, immutable"
# The best one first. Source: RFC 9110, section 12.5.3. Brotli at 5 is a tenth smaller than gzip in the same time; at 11
# it saves twice that, and the first page after a start would wait for it.
CODINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "br": partial(brotli.compress, quality=5),
    "gzip": partial(gzip.compress, mtime=0),
}
REFUSED: Final = ("q=0", "q=0.0", "q=0.00", "q=0.000")
COMPRESSIBLE: Final = re.compile(r"text/|application/json|image/svg\+xml")


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, which is sync only, answering static files and nothing else from a thread.

    A template finds in `request.is_bundled` whether its page shall load bundles.
    """

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        # There are only so many files, and each is compressed once.
        self._compressed = lru_cache(maxsize=512)(_compressed)
        self._bundles = Bundles.of_site()
        self._lock = Lock()
        self._added = False
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = FINGERPRINTED.sub("/static/", request.path_info)
        static_file = self.files.get(path)
        if static_file is None and path.startswith(BUNDLED):
            static_file = await sync_to_async(self.bundled, thread_sensitive=False)(path)
        if static_file is None:
            request.is_bundled = self.is_bundled  # type: ignore[attr-defined]
            response: HttpResponseBase = await self.get_response(request)
            return response
        return await sync_to_async(self.read, thread_sensitive=False)(static_file, request)

    def is_bundled(self) -> bool:
        """Say whether there are bundles; the first that asks may wait until they are made."""
        if not settings.CHAT_BUNDLES:
            return False
        folder = self._bundles.folder()
        with self._lock:
            if folder and not self._added:
                self.add_files(folder, prefix=BUNDLED)
                self._added = True
        return folder is not None

    def bundled(self, path: str) -> object:
        """Return a bundle, or the file that has its name where there is none; None where there is neither."""
        self.is_bundled()
        return self.files.get(path) or self.files.get(_unbundled(path))

    def read(self, static_file: object, request: HttpRequest) -> HttpResponse:
        """Answer with the file's bytes: a file object would be iterated on the event loop."""
        path = FINGERPRINTED.sub("/static/", request.path_info)
        # A source that stands in for its bundle.
        is_substitute = path not in self.files and path.startswith(OUR_BUNDLES)
        try:
            found = self.serve(static_file, request)
        except FileNotFoundError:
            # Somebody has tidied up the data directory.
            source = self.files.get(_unbundled(path))
            if source is None:
                return HttpResponse(status=404)
            found, is_substitute = self.serve(source, request), True
        headers = dict(found.items())
        with closing(found):
            body = b"".join(found)
        if request.path_info.startswith(settings.STATIC_URL) and not is_substitute:
            headers["Cache-Control"] = KEPT_FOR_GOOD
        if "javascript" in headers.get("Content-Type", ""):
            headers["Content-Security-Policy"] = WORKER_POLICY
        if body and COMPRESSIBLE.match(headers.get("Content-Type", "")) and found.status_code == 200:
            headers["Vary"] = "Accept-Encoding"
            coding = _best_coding(request.headers.get("Accept-Encoding", ""))
            if len(body) >= COMPRESSED_FROM_BYTES and coding:
                body = self._compressed(body, coding)
                # The entity tag names the bytes as they lie on the disk; these are told apart by their date.
                headers.pop("ETag", None)
                headers |= {"Content-Encoding": coding, "Content-Length": str(len(body))}
        return HttpResponse(body, status=found.status_code, headers=headers)


def _unbundled(path: str) -> str:
    """Return the path of the source behind a path below that of bundles."""
    return "/static/" + path.removeprefix(BUNDLED)


def _best_coding(accepted: str) -> str:
    """Return the best content coding that an Accept-Encoding header allows; empty for none."""
    offered = {name.strip(): quality for name, _, quality in (each.partition(";") for each in accepted.split(","))}
    return next((each for each in CODINGS if each in offered and offered[each].strip() not in REFUSED), "")


def _compressed(body: bytes, coding: str) -> bytes:
    return CODINGS[coding](body)
