"""What the scripted upstream remembers of a request."""

from typing import Any, Literal

import msgspec

Ended = Literal["open", "complete", "client_closed", "closed", "reset"]


class Record(msgspec.Struct, kw_only=True):
    """One request and what became of it.

    `headers` have names in lower case. `at` and `ended_at` are monotonic seconds, the same clock in all processes of
    a machine. `pieces` and `bytes_sent` grow while `ended` is "open". "closed" and "reset" were scripted faults,
    "client_closed" was not. Requests with one `connection` came over the same one. `told` is every usage object that
    went out, as it did.
    """

    method: str
    path: str
    model: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float
    connection: int
    pieces: int = 0
    bytes_sent: int = 0
    ended: Ended = "open"
    ended_at: float | None = None
    told: list[dict[str, Any]] = []

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")
