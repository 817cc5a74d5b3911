"""What an application does wrong stays with the request it did it to."""

import time

import httpx2
import pytest

from tests.server.process import Served, get, receive_all


def test_a_failure_before_the_headers_is_a_500_that_tells_nothing() -> None:
    with Served() as served, served.client() as client:
        for path in ("/raise", "/silent", "/text-header"):
            answer = client.get(path)
            assert answer.status_code == 500
            assert "aphne" not in answer.text
            assert answer.json()["error"]["type"] == "unknown"
            assert "before the headers" not in answer.text
        assert "before the headers" in served.terminate()[3]


@pytest.mark.parametrize("path", ["/raise-late", "/cancelled"])
def test_a_failure_after_the_headers_cuts_the_response(path: str) -> None:
    with Served() as served:
        received = receive_all(served.connect(get(path)))
        assert received.startswith(b"HTTP/1.1 200 ")
        assert received.endswith(b"so far\r\n")


def test_requests_are_still_cleared_away_after_a_failure() -> None:
    with Served() as served:
        with served.client() as client:
            for _ in range(3):
                with pytest.raises(httpx2.RemoteProtocolError):
                    client.get("/raise-late")
        # Clearing away includes cancelling, 10 s later, what goes on without its client.
        served.connect(get("/flood")).close()
        served.until(lambda seen: seen.get("flood_cancelled") == 1, seconds=25)
        assert "could not be cleared away" not in served.terminate()[3]


def test_requests_are_cleared_away_even_after_a_failure_in_clearing_away() -> None:
    with Served() as served:
        flood = served.connect(get("/flood"))
        with served.client() as client:
            assert client.get("/raise-odd").status_code == 500
        time.sleep(1.5)
        flood.close()
        served.until(lambda seen: seen.get("flood_cancelled") == 1, seconds=25)
        assert "could not be cleared away" in served.terminate()[3]


def test_a_request_that_never_became_one_does_not_spoil_the_end() -> None:
    with Served() as served:
        served.connect("GET / HTTP/1.1\r\nHost:")
        waiting = served.connect(get("/wait"))
        waiting.recv(100)
        code, seconds, out, log = served.terminate()
        assert (code, log) == (0, "")
        assert "stored" in out
        assert seconds < 9
