"""Limits of the embedded server for one client: sizes and times."""

from dataclasses import dataclass

from chatsite.application import body_limit


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes. For bodies see `chatsite.application.body_limit`."""

    body_bytes: int = body_limit.MAX_BYTES
    # From the first byte of a request to the end of its headers.
    header_seconds: float = 30
    body_seconds: float = body_limit.SECONDS
    body_bytes_per_second: float = body_limit.BYTES_PER_SECOND
    # Between two requests; longer than the 60 s for which proxies usually keep theirs.
    idle_seconds: float = 75
    # What was sent and is not taken for so long: the client has vanished, or is not going to read the rest.
    stall_seconds: float = 60
    linger_seconds: float = body_limit.LINGER_SECONDS
    # What SIGTERM leaves for storing the answers under way; answering the last requests takes another second.
    drain_seconds: float = 8
