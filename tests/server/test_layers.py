"""The site's ASGI layers do the same under every server, whatever the application below them does."""

import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest

from tests.harness.site import ROOT
from tests.server.asgi_servers import COMMANDS, command, free_port, until_answered
from tests.server.layers import MAX_BYTES
from tests.server.process import connect, get, receive_all

OWN = "chatsite"


class Layers:
    """A running server with the layers."""

    def __init__(self, server: str) -> None:
        self.server, self.port = server, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        if server == OWN:
            words = [sys.executable, "-m", "tests.server.app", "{}", "layers", str(self.port)]
        else:
            words = command(server, "tests.server.layers:application", self.port)
        self.process = subprocess.Popen(
            words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
        )
        until_answered(self.process, self.url)


@pytest.fixture(scope="module", params=[OWN, *COMMANDS])
def layers(request: pytest.FixtureRequest) -> Iterator[Layers]:
    running = Layers(request.param)
    yield running
    running.process.terminate()
    running.process.wait(30)


@pytest.fixture
def client(layers: Layers) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=layers.url, timeout=20, trust_env=False) as client:
        yield client


def test_a_failure_before_the_headers_is_json_and_tells_nothing(client: httpx2.Client) -> None:
    answer = client.get("/raise")
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "unknown")
    assert "before the headers" not in answer.text
    assert answer.headers["X-DNS-Prefetch-Control"] == "off"


def test_a_failure_after_the_headers_cuts_the_response(layers: Layers, client: httpx2.Client) -> None:
    if layers.server == "daphne":
        # Daphne's own command leaves the client waiting: no application can tell it to cut a response.
        return
    with pytest.raises(httpx2.RemoteProtocolError):
        client.get("/raise-late")


def test_every_answer_has_the_header_once(client: httpx2.Client) -> None:
    for path in ("/hello", "/length", "/pieces", "/raise"):
        assert client.get(path).headers.get_list("X-DNS-Prefetch-Control") == ["off"]


def test_a_long_answer_to_head_has_no_body_and_the_next_one_is_read_right(layers: Layers) -> None:
    with connect(layers.port, get("/pieces").replace("GET", "HEAD") + get("/hello", "Connection: close")) as raw:
        first, _, second = receive_all(raw).partition(b"\r\n\r\n")
    assert b"131072" in first
    assert second.startswith(b"HTTP/1.1 200")
    assert second.endswith(b"hello")


@pytest.mark.parametrize("told", [True, False])
def test_a_body_above_the_limit_is_refused_and_its_answer_arrives(client: httpx2.Client, told: bool) -> None:
    content = b"x" * (20 * MAX_BYTES)
    answer = client.post("/length", content=content if told else iter([content]))
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "too_large")
    assert answer.headers["Connection"] == "close"
    assert answer.headers["X-DNS-Prefetch-Control"] == "off"
    assert client.post("/length", content=b"x" * MAX_BYTES).text == str(MAX_BYTES)


def test_a_body_that_does_not_come_is_given_up(layers: Layers) -> None:
    if layers.server in ("daphne", OWN):
        # Daphne keeps the request until all of it has come; tests/server/test_time_limits.py has what ours does.
        return
    with connect(layers.port, "POST /length HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf") as raw:
        assert receive_all(raw).startswith(b"HTTP/1.1 408 ")


def test_the_site_is_started_once(client: httpx2.Client) -> None:
    assert client.get("/seen").json()["starts"] == 1
