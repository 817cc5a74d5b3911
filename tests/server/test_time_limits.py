"""A client that says nothing, or says it slowly, does not keep its connection."""

import socket
import time

import pytest

from tests.server.process import Served, get, receive_all

LIMITS: dict[str, float] = {"header_seconds": 1, "body_seconds": 1, "idle_seconds": 1, "linger_seconds": 1}


def impatient(**more: float) -> Served:
    """Return a server whose limits are a second each, but for those given."""
    return Served(on_stop="0", on_ready="", layers=False, listener=None, **{**LIMITS, **more})


def dribble(raw: socket.socket, times: int, piece: bytes = b"x") -> None:
    """Send a piece again and again, slowly."""
    for _ in range(times):
        raw.sendall(piece)
        time.sleep(0.15)


def test_headers_that_come_a_byte_at_a_time_are_refused() -> None:
    with impatient(idle_seconds=60) as served:
        raw = served.connect("GET / HTTP/1.1\r\nX-Slow: ")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            dribble(raw, 100)
        raw = served.connect("GET / HTTP/1.1\r\nX-Slow: ")
        assert receive_all(raw).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_does_not_come_is_refused() -> None:
    with impatient(header_seconds=60, idle_seconds=60) as served:
        raw = served.connect("POST /length HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf")
        assert receive_all(raw).startswith(b"HTTP/1.1 408 ")
        assert "length" not in served.seen()


def test_a_body_of_which_nothing_comes_is_refused() -> None:
    with impatient(header_seconds=60, idle_seconds=60) as served:
        raw = served.connect("POST /length HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n")
        assert receive_all(raw).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_keeps_coming_is_waited_for() -> None:
    with impatient() as served:
        raw = served.connect("POST /length HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 20480\r\n\r\n")
        dribble(raw, 20, b"x" * 1024)
        assert receive_all(raw).endswith(b"20480")


def test_a_connection_without_a_request_is_closed_and_so_is_one_after_its_last_request() -> None:
    with impatient(header_seconds=60) as served:
        assert receive_all(served.connect()) == b""
        assert receive_all(served.connect(get("/"))).endswith(b"hello")


def test_a_request_that_is_being_answered_has_all_the_time_it_needs() -> None:
    with impatient() as served:
        raw = served.connect(get("/wait"))
        time.sleep(4)
        assert "gone" not in served.seen()
        raw.close()
        served.until(lambda seen: seen.get("gone") == 1)


def test_no_timer_of_twisteds_closes_a_connection_before_its_time() -> None:
    with Served() as served:
        served.connect()
        with served.client() as client:
            timers = client.get("/timers").json()
        # Each connection has one of 60 s unless it is told to have none: a proxy that keeps its own as long would
        # send a request into one that is being closed.
        assert not [name for name in timers if "timedOut" in name]
        assert [name for name in timers if "timeout_checker" in name]
