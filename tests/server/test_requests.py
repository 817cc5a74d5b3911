"""What reaches the application, and what leaves the server, whatever the client sends."""

import signal
import socket
import time
from select import select

from chatsite.server.supervisor import listen
from tests.server.process import Served, get, receive_all


def test_a_client_that_closes_is_noticed_even_after_it_sent_more_than_it_should() -> None:
    with Served() as served:
        plain = served.connect(get("/wait"))
        chatty = served.connect(get("/wait") + get("/hello") * 10)
        half_closed = served.connect(get("/wait"))
        time.sleep(0.5)
        plain.close()
        chatty.close()
        half_closed.shutdown(1)
        served.until(lambda seen: seen.get("gone") == 3)
        half_closed.close()


def test_no_client_chooses_the_prefix_of_links() -> None:
    with Served() as served, served.client() as client:
        answer = client.get("/root", headers={"Daphne-Root-Path": "//evil.example"})
        assert answer.json() == ["http", ""]


def test_an_offer_to_speak_websocket_is_ignored() -> None:
    with Served() as served, served.client() as client:
        offer = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
        answer = client.get("/root", headers={**offer, "Sec-WebSocket-Version": "13"})
        assert (answer.status_code, answer.json()) == (200, ["http", ""])


def test_a_header_with_a_line_break_does_not_become_two() -> None:
    with Served() as served, served.client() as client:
        answer = client.get("/injection")
        assert "X-Injected" not in answer.headers


def test_every_answer_names_the_server_and_none_names_its_parts() -> None:
    with Served() as served:
        for request in (
            get("/"),
            get("/raise"),
            get("/\xff"),
            "nonsense\r\n\r\n",
            "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        ):
            received = receive_all(
                served.connect(request.replace("Host:", "Connection: close\r\nHost:").encode("latin1"))
            )
            assert b"server: chatsite\r\n" in received.lower(), request
            for part in (b"aphne", b"wisted", b"python"):
                assert part not in received, request


def test_a_form_reaches_the_application_whatever_is_in_it() -> None:
    with Served() as served, served.client() as client:
        # Twisted would parse it, and refuse it in words of its own.
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        assert client.post("/length", content=b"no part of a form", headers=form).text == "17"


def test_a_piece_is_sent_before_the_application_goes_on() -> None:
    with Served() as served, socket.create_server(("127.0.0.1", 0)) as listener:
        stream = served.connect(get(f"/blocking?{listener.getsockname()[1]}", "Connection: close"))
        # The application now blocks the loop, until it is told here that its piece has arrived.
        with listener.accept()[0] as asking:
            while b"piece" not in stream.recv(65_536):
                pass
            asking.sendall(b"y")
        assert b"arrived" in receive_all(stream)


def test_a_crowd_can_connect_while_the_server_is_busy() -> None:
    with Served() as served:
        served.process.send_signal(signal.SIGSTOP)
        try:
            crowd = [served.connect(get("/", "Connection: close"), timeout=5) for _ in range(300)]
        finally:
            served.process.send_signal(signal.SIGCONT)
        assert all(receive_all(raw).endswith(b"hello") for raw in crowd)


def test_a_busy_process_leaves_the_connections_of_a_shared_port_to_the_others() -> None:
    with (
        listen("127.0.0.1", 0) as shared,
        socket.create_server(("127.0.0.1", 0)) as listener,
        Served(listener=shared) as busy,
        Served(listener=shared) as idle,
    ):
        listener.settimeout(20)
        for each in (busy, idle):
            each.process.send_signal(signal.SIGSTOP)
        busy.connect(get(f"/stall?{listener.getsockname()[1]}"))
        crowd = [busy.connect(get("/", "Connection: close")) for _ in range(50)]
        busy.process.send_signal(signal.SIGCONT)
        # From here on the first one does nothing else until it is told something here.
        with listener.accept()[0] as asking:
            idle.process.send_signal(signal.SIGCONT)
            waiting = set(crowd)
            # Those that it took before it came to its first request wait for it.
            while ready := select(waiting, [], [], 2)[0]:
                waiting -= set(ready)
            assert len(waiting) < 25
            asking.sendall(b"y")
        assert all(receive_all(raw).endswith(b"hello") for raw in crowd)


def test_what_fails_in_a_callback_is_in_the_log() -> None:
    with Served() as served:
        with served.client() as client:
            assert client.get("/callback").text == "called"
        served.until(lambda seen: seen.get("callback_failed") == 1)
        assert "in a callback" in served.terminate()[3]


def test_what_comes_after_a_bad_request_is_not_heard() -> None:
    with Served() as served:
        for bad in ("nonsense\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\nHost: h\r\n\r\n"):
            received = receive_all(served.connect(bad + get("/hello")))
            assert received.startswith(b"HTTP/1.1 400 ")
            assert received.count(b"HTTP/1.1 ") == 1
        assert "hello" not in served.seen()
