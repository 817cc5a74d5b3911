"""A body that is too large is refused before it is kept."""

import json
import socket
import time

import pytest

from tests.server.process import Served, get, receive_all

MIB = 1024 * 1024


def refused(answer: bytes) -> bool:
    """Whether an answer is the 413 of the interface, and the last word on its connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 "), answer
    assert b"\r\nConnection: close\r\n" in head
    return bool(json.loads(body)["error"]["type"] == "too_large")


def send_on(raw: socket.socket, piece: bytes) -> None:
    """Send for 20 seconds, unless nobody listens any more."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        raw.sendall(piece)


def post(length: str) -> str:
    return f"POST /length HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n\r\n"


def test_a_body_up_to_the_limit_arrives_whole() -> None:
    with Served(body_bytes=MIB) as served, served.client() as client:
        assert client.post("/length", content=b"x" * MIB).text == str(MIB)
        chunks = (b"x" * 1024 for _ in range(1024))
        assert client.post("/length", content=chunks).text == str(MIB)


def test_a_length_above_the_limit_is_refused_before_a_byte_of_the_body_came() -> None:
    with Served(body_bytes=MIB) as served:
        assert refused(receive_all(served.connect(post(f"Content-Length: {MIB + 1}"))))
        assert refused(receive_all(served.connect(post(f"Content-Length: {MIB + 1}\r\nExpect: 100-continue"))))
        assert "length" not in served.seen()


def test_a_body_without_a_length_is_cut_at_the_limit() -> None:
    with Served(body_bytes=MIB) as served:
        endless = served.connect(post("Transfer-Encoding: chunked"))
        # The answer comes while the client is still sending, and after a while nobody listens any more.
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            send_on(endless, b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        assert "length" not in served.seen()
        raw = served.connect(post("Transfer-Encoding: chunked"))
        for _ in range(17):
            raw.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        raw.sendall(b"0\r\n\r\n")
        raw.shutdown(socket.SHUT_WR)
        assert refused(receive_all(raw))
        assert "length" not in served.seen()


def test_an_ordinary_client_reads_why_it_was_refused() -> None:
    with Served(body_bytes=MIB) as served, served.client() as client:
        answer = client.post("/length", content=b"x" * (20 * MIB))
        assert answer.status_code == 413
        assert answer.json()["error"]["type"] == "too_large"
        assert client.get("/").text == "hello"


@pytest.mark.parametrize("told", [True, False])
def test_what_comes_with_a_refused_body_reaches_nobody(told: bool) -> None:
    piece = "x" * 2000
    if told:
        request = post("Content-Length: 2000") + piece
    else:
        request = post("Transfer-Encoding: chunked") + f"7d0\r\n{piece}\r\n" * 3 + "0\r\n\r\n"
    with Served(body_bytes=1000) as served:
        # All in one packet: the rest of the body, its end, and another request.
        received = receive_all(served.connect(request + get("/hello")))
        assert refused(received)
        assert received.count(b"HTTP/1.1 ") == 1
        assert not {"length", "hello"} & served.seen().keys()


def test_who_sends_all_before_reading_hears_why_it_was_refused() -> None:
    with Served(body_bytes=MIB) as served:
        # More than the system keeps for either side: it is read, though not kept, or the line would be reset.
        sending = served.connect(post(f"Content-Length: {20 * MIB}"))
        sending.sendall(b"x" * 20 * MIB)
        assert refused(receive_all(sending))
