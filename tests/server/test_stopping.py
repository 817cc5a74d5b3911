"""SIGTERM: all is stored first, then the requests end, and the process is gone within ten seconds."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.server.process import ROOT, Served, get, receive_all


def test_requests_go_on_until_all_is_stored_and_new_connections_are_refused() -> None:
    with Served(on_stop="2", layers=True) as served:
        kept = served.connect()
        stream = served.connect(get("/flood"), receive_buffer=4096)
        stream.recv(100)
        ended: list[tuple[int, float, str, str]] = []
        stopping = threading.Thread(target=lambda: ended.append(served.terminate()))
        stopping.start()
        time.sleep(1)
        with pytest.raises(ConnectionRefusedError):
            served.connect()
        kept.sendall(get("/hello").encode())
        assert receive_all(kept).startswith(b"HTTP/1.1 503 ")
        stopping.join()
        code, seconds, out, _ = ended[0]
        assert code == 0
        assert out == "stored, 0 cancelled before\n"
        assert 2 <= seconds < 9


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_does_no_harm(second: signal.Signals) -> None:
    with Served(on_stop="1") as served:
        code, _, out, log = served.terminate(signal.SIGTERM, second, second)
        assert (code, log) == (0, "")
        assert out.startswith("stored")


@pytest.mark.parametrize("how", ["60", "raise", "block"])
def test_whatever_hangs_the_process_ends_in_ten_seconds(how: str) -> None:
    with Served(on_stop=how, drain_seconds=2) as served:
        deaf = served.connect(get("/deaf"))
        deaf.recv(100)
        code, seconds, _, log = served.terminate()
        assert code == 0
        # Two seconds for storing here instead of eight; the rest takes less than two, and this machine is busy.
        assert seconds < 8
        assert "Storing" in log or "could not" in log


def test_what_was_written_last_still_arrives() -> None:
    with Served(on_stop="3") as served:
        raw = served.connect(get("/megabytes", "Connection: close"))
        raw.recv(100)
        ended = threading.Thread(target=served.terminate)
        ended.start()
        received = receive_all(raw)
        ended.join()
        assert received.endswith(b"0\r\n\r\n")


def test_requests_may_say_their_last_words_and_what_fails_then_is_in_the_log() -> None:
    with Served() as served:
        raw = served.connect(get("/last-words"))
        failing = served.connect(get("/raise-last"))
        assert raw.recv(100)
        assert failing.recv(100)
        code, _, _, log = served.terminate()
        assert receive_all(raw).endswith(b" last words\r\n0\r\n\r\n")
        assert code == 0
        assert "at the end" in log


def test_requests_that_go_on_when_all_is_stored_are_cancelled() -> None:
    with Served() as served:
        assert served.connect(get("/endless")).recv(100)
        code, _, out, log = served.terminate()
        assert (code, log) == (0, "")
        assert out.splitlines()[1:] == ["cancelled"]


def test_a_client_that_does_not_read_delays_nothing_and_leaves_nothing_in_the_log() -> None:
    with Served() as served:
        served.connect(get("/flood"), receive_buffer=4096).recv(100)
        time.sleep(1)
        code, _, _, log = served.terminate()
        assert (code, log) == (0, "")


def test_what_fails_after_the_port_is_open_is_in_the_log_and_the_site_serves() -> None:
    with Served(on_ready="raise") as served:
        with served.client() as client:
            assert client.get("/").text == "hello"
        code, _, _, log = served.terminate()
        assert code == 0
        assert "could not start" in log
        assert "nobody can be told" in log


def test_an_application_that_cannot_start_is_said_and_nothing_listens() -> None:
    command = [sys.executable, "-m", "tests.server.app", "{}"]
    environment = {**os.environ, "ON_STOP": "no start"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert (done.stdout, done.stderr) == ("", "The site could not be started. There is no start.\n")
