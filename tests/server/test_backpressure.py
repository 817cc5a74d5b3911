"""The server writes no more than the client reads."""

import time

from tests.server.process import Served, get, receive_all

MIB = 1024 * 1024


def test_a_client_that_never_reads_costs_no_memory() -> None:
    with Served() as served:
        before = served.memory
        clients = [served.connect(get("/flood"), receive_buffer=4096) for _ in range(5)]
        time.sleep(2)
        pieces = served.seen()["pieces"]
        time.sleep(1)
        assert served.seen()["pieces"] == pieces
        assert served.memory - before < 10 * MIB
        assert len(clients) == 5


def test_a_client_that_goes_away_wakes_the_writer() -> None:
    with Served() as served:
        client = served.connect(get("/flood"), receive_buffer=4096)
        time.sleep(1)
        pieces = served.seen()["pieces"]
        client.close()
        # The application is told nothing else here: its pieces go nowhere, but it can write them, and so can end.
        served.until(lambda seen: seen["pieces"] > pieces)


def test_a_client_that_reads_again_gets_every_byte() -> None:
    with Served() as served:
        client = served.connect(get("/megabytes", "Connection: close"), receive_buffer=4096)
        time.sleep(1)
        body = receive_all(client).partition(b"\r\n\r\n")[2]
        assert body == b"10000\r\n%b\r\n" % (b"x" * 65_536) * 128 + b"0\r\n\r\n"


def test_a_client_that_takes_nothing_for_long_is_dropped() -> None:
    with Served(stall_seconds=2) as served:
        served.connect(get("/flood"), receive_buffer=4096)
        # 10 s is the time after which a request whose client is gone is cancelled.
        served.until(lambda seen: seen.get("flood_cancelled") == 1, seconds=25)


def test_a_slow_reader_is_not_dropped() -> None:
    with Served(stall_seconds=2) as served:
        client = served.connect(get("/flood"), receive_buffer=65_536)
        for _ in range(50):
            assert client.recv(16_384)
            time.sleep(0.1)


def test_requests_sent_in_one_go_are_answered_in_order_over_one_connection() -> None:
    with Served() as served:
        requests = get("/megabytes") + get("/hello") + get("/root", "Connection: close")
        received = receive_all(served.connect(requests))
        assert received.count(b"HTTP/1.1 200 OK") == 3
        assert received.index(b"x" * 65_536) < received.index(b"hello") < received.index(b'["http", ""]')


def test_an_answer_is_flushed_before_the_connection_closes_but_not_for_ever() -> None:
    with Served(stall_seconds=2) as served:
        # What is left in the buffer at the end keeps nobody waiting: the server lets go of the connection.
        client = served.connect(get("/megabytes", "Connection: close"), receive_buffer=4096)
        time.sleep(8)
        received = receive_all(client)
        assert b"HTTP/1.1 200 OK" in received
        assert not received.endswith(b"0\r\n\r\n")


def test_many_small_pieces_arrive_in_order_however_the_client_reads() -> None:
    with Served() as served:
        body = receive_all(served.connect(get("/numbers", "Connection: close"))).partition(b"\r\n\r\n")[2]
        assert body == b"".join(b"3e8\r\n%01000d\r\n" % number for number in range(20_000)) + b"0\r\n\r\n"
