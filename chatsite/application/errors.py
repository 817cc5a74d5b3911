"""Errors that are answered before, or instead of, Django. The server imports this module too, so no Django here."""

import json
from dataclasses import dataclass
from typing import Any, Final

from chatsite.application import Send

# Without it a browser resolves the host of a link on an http page as soon as somebody points at it, and the resolver
# learns what an answer names.
NO_PREFETCH: Final = (b"X-DNS-Prefetch-Control", b"off")


@dataclass(frozen=True, slots=True)
class HTTPError:
    """An error as the interface words it: `type` is one of the interface's error types."""

    status: int
    phrase: str
    type: str
    message: str

    @property
    def body(self) -> bytes:
        """The error as JSON."""
        return json.dumps({"error": {"type": self.type, "message": self.message}}).encode()


BAD_REQUEST: Final = HTTPError(400, "Bad Request", "invalid_request", "This is not valid HTTP.")
REQUEST_TIMEOUT: Final = HTTPError(408, "Request Timeout", "timeout", "The request did not arrive in time.")
FAILED: Final = HTTPError(
    500, "Internal Server Error", "unknown", "Something went wrong on this server. Its log tells what."
)
STOPPING: Final = HTTPError(503, "Service Unavailable", "unknown", "The server is being restarted. Try again.")


def too_large(limit: int) -> HTTPError:
    """413, for a body above `limit` bytes."""
    message = f"The request is too large: {limit:,} bytes are the limit."
    return HTTPError(413, "Content Too Large", "too_large", message)


async def send_error(scope: Any, send: Send, error: HTTPError, *, more_body: bool = False) -> None:
    """Answer with an error. The connection is closed, because the request may not have been read to its end.

    With `more_body` the response stays open, though the client has all of it: its length is told.
    """
    body = error.body
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    # HTTP/2 has no such header, and treats it as malformed.
    if scope.get("http_version", "1.1").startswith("1"):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": more_body})
