"""What reaches the application, and what leaves the server, whatever the client sends."""

import time

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


def test_an_application_that_has_answered_hears_nothing_of_the_client_that_leaves() -> None:
    # Django would raise, and the traceback would keep request and response until the garbage collector comes by.
    with Served() as served:
        with served.client() as client:
            assert client.get("/listen").text == "heard you"
        assert "http.disconnect" not in served.until(lambda seen: seen.get("listened") == 1)
