"""One request at the embedded server: its body counted as it comes, its response written in few system calls."""

# Before anything of Twisted's, for the reactor it installs.
import daphne.server  # isort: skip  # noqa: F401

from typing import Any

from daphne.http_protocol import WebRequest

from chatsite.application.errors import FAILED, NO_PREFETCH, HTTPError


class Request(WebRequest):  # type: ignore[misc]
    """A request whose failure harms nobody else. Methods in camel case override Twisted's."""

    def __init__(self, *args: Any) -> None:
        # Django parses forms; Twisted would parse them all a second time, and keep the result in memory.
        super().__init__(*args, parsePOSTFormSubmission=False)
        self._received = 0

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Keep a piece of the body; cut a body that has no length, or lies about it, at the limit."""
        self._received += len(data)
        if self._received > self.channel.limits.body_bytes:
            self.channel.refuse_body()
        else:
            self.channel.expect_body(self._received)
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Hand the request to the application."""
        # No WebSocket is spoken here, and a server may ignore the offer to change protocols (RFC 9110, 7.8).
        self.requestHeaders.removeHeader(b"upgrade")
        # Daphne lets any client choose the prefix of every link and redirect with this header.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        return super().process()

    def handle_exception(self, exception: BaseException | None) -> None:
        """Say that the application failed; where its answer has begun, by cutting it short."""
        if self.finished or self.channel is None:
            return
        if self._response_started:
            self.channel.loseConnection()
        else:
            self._answer(FAILED)

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Pass a piece of a response on; one of a stream past Twisted's layers, in one write."""
        body = message.get("body")
        if body and self.chunked and message.get("more_body") and self.channel is not None and not self.finished:
            self.channel.send(b"%x\r\n%b\r\n" % (len(body), body))
        else:
            super().handle_reply(message)

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Answer as Daphne does where it refuses a request, but in the form that all errors of the interface have."""
        kind = "invalid_request" if status < 500 else "unknown"
        self._answer(HTTPError(status, status_text.decode(), kind, body))

    def _answer(self, error: HTTPError) -> None:
        headers = [(b"Content-Type", b"application/json"), NO_PREFETCH]
        self.handle_reply({"type": "http.response.start", "status": error.status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": error.body})
