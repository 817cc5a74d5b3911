"""The line to the OpenID Connect provider. Imported late: a start shall not wait for a second HTTP library."""

from typing import Any, Final

import requests

# For each step of a request.
TIMEOUT_SECONDS: Final = 5
MAX_ANSWER_BYTES: Final = 1024 * 1024


class Session(requests.Session):
    """Requests to the provider, bounded in time and size."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Return the whole answer. Raises RequestException, also where it is longer than it can be."""
        kwargs.setdefault("timeout", TIMEOUT_SECONDS)
        response = super().request(*args, **{**kwargs, "stream": True})
        body = bytearray()
        for piece in response.iter_content(64 * 1024):
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                response.close()
                raise requests.exceptions.ContentDecodingError("The answer is too long.")
        response._content = bytes(body)
        return response
