"""What a connection takes from a server: every way to end a body, lines that are kept, lines that are gone."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from struct import pack

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chat.providers.http import batching, connection
from chat.providers.http.connection import FULL_BYTES, HEAD_BYTES
from chat.providers.http.pool import ConnectionPool

TIMEOUT = httpx2.Timeout(5.0, read=0.5)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(autouse=True, params=["alone", "in a crowd"])
def crowd(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it holds for a line that is read by the loop, and for one that is read at the beat."""
    if request.param == "in a crowd":
        monkeypatch.setattr(batching, "MOST_UNBATCHED", -1)


class Server:
    """Answers each request with the next of `answers`, and counts the connections; None closes at once."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.connections = 0
        self.asked: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
            self.asked.append(head + await reader.readexactly(5))
            answer = self.answers.pop(0)
            if answer is None:
                break
            writer.write(answer)
            await writer.drain()
            if b"close" in answer or b"HTTP/1.0" in answer:
                break
        writer.close()


@asynccontextmanager
async def serving(
    server: Server, secure: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, httpx2.AsyncClient]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await server(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=secure)
    async with listening, httpx2.AsyncClient(transport=ConnectionPool(), timeout=TIMEOUT) as client:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/path?a=b", client
        for writer in server.writers:
            writer.close()
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello",
        CHUNKED + b"2\r\nHe\r\n3;ext=1\r\nllo\r\n0\r\nTrailer: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nHello",
        b"HTTP/1.0 200 OK\r\n\r\nHello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello",
    ],
    ids=["length", "chunks", "closed", "HTTP/1.0", "interim answers"],
)
async def test_a_body_ends_where_its_server_says(answer: bytes) -> None:
    server = Server(answer)
    async with serving(server) as (url, client):
        response = await client.post(url, content=b"Why?\n", headers={"X-Name": "value"})
        assert (response.status_code, response.text) == (200, "Hello")
        assert "link" not in response.headers
    assert server.asked[0].startswith(b"POST /path?a=b HTTP/1.1\r\n")
    assert b"\r\nX-Name: value\r\n" in server.asked[0]
    assert server.asked[0].endswith(b"\r\n\r\nWhy?\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nHello",
        CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + b"5\r\nHello\r\n",
        CHUNKED + b"no number\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * HEAD_BYTES,
        None,
    ],
    ids=["length", "chunks", "no chunk", "no HTTP", "another protocol", "endless headers", "nothing"],
)
async def test_an_answer_that_is_none_is_an_error(answer: bytes | None) -> None:
    async with serving(Server(answer)) as (url, client):
        with pytest.raises(httpx2.TransportError):
            await client.post(url, content=b"Why?\n")


async def test_silence_is_noticed_before_and_within_an_answer() -> None:
    async with serving(Server(b"", CHUNKED + b"5\r\nHello\r\n")) as (url, client):
        for _ in range(2):
            with pytest.raises(httpx2.ReadTimeout):
                await client.post(url, content=b"Why?\n")


async def test_a_line_is_used_again_but_not_one_that_is_gone_or_has_said_too_much() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
    server = Server(whole, whole, whole, whole + whole, whole)
    async with serving(server) as (url, client):
        for connections in (1, 1):
            assert (await client.post(url, content=b"Why?\n")).text == "OK"
            assert server.connections == connections
        server.writers[0].close()
        await server.writers[0].wait_closed()
        for connections in (2, 2, 3):
            assert (await client.post(url, content=b"Why?\n")).text == "OK"
            assert server.connections == connections


async def test_an_answer_that_was_left_closes_its_line() -> None:
    server = Server(CHUNKED + b"5\r\nHello\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
    async with serving(server) as (url, client):
        async with client.stream("POST", url, content=b"Why?\n"):
            pass
        assert (await client.post(url, content=b"Why?\n")).text == "OK"
        assert server.connections == 2


async def test_what_nobody_reads_is_left_with_the_system() -> None:
    size = 16 * 1024 * 1024
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
    async with serving(server) as (url, client), client.stream("POST", url, content=b"Why?\n") as response:
        await asyncio.sleep(0.2)
        assert server.writers[0].transport.get_write_buffer_size() > size / 2
        pieces = [piece async for piece in response.aiter_raw()]
        assert sum(map(len, pieces)) == size
        assert max(map(len, pieces)) <= FULL_BYTES + 256 * 1024


class Slow(Server):
    """Begins its answers, says one chunk after the other with pauses of so many beats, and ends them in some way."""

    def __init__(self, *pauses: float, ends: str = "well") -> None:
        super().__init__()
        self.pauses, self.ends = pauses, ends

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        while await reader.readuntil(b"Why?\n"):
            writer.write(CHUNKED)
            for number, pause in enumerate(self.pauses):
                await asyncio.sleep(pause * batching.SECONDS)
                writer.write(b"7\r\npiece %d\r\n" % number)
            await asyncio.sleep(batching.SECONDS / 2)
            match self.ends:
                case "well":
                    writer.write(b"0\r\n\r\n")
                case "closed":
                    writer.close()
                    return
                case "reset":
                    # With a linger of nothing a close is a reset. Source: socket(7).
                    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
                    writer.close()
                    return


async def test_pieces_come_as_they_are_said_also_after_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST_IDLE_READS", 3)
    server = Slow(0, 0.2, 0.2, 1.5, 1.5, 6, 0, 0.2, 6, 1)
    async with serving(server) as (url, client):
        for _ in range(2):
            heard = []
            async with client.stream("POST", url, content=b"Why?\n") as response:
                async for piece in response.aiter_raw():
                    heard.append(piece)
            assert b"".join(heard) == b"".join(b"piece %d" % number for number in range(10))
            # What stands six beats apart never comes together.
            assert len(heard) >= 3
        assert server.connections == 1


@pytest.mark.parametrize("ends", ["closed", "reset", "never"])
async def test_a_body_that_breaks_off_in_the_midst_is_an_error_after_what_came(ends: str) -> None:
    async with serving(Slow(0, 0.2, 0.2, 1.5, ends=ends)) as (url, client):
        heard: list[bytes] = []

        async def hear() -> None:
            async with client.stream("POST", url, content=b"Why?\n") as response:
                async for piece in response.aiter_raw():
                    heard.append(piece)

        with pytest.raises(httpx2.ReadTimeout if ends == "never" else httpx2.TransportError):
            await hear()
        assert b"".join(heard) == b"piece 0piece 1piece 2piece 3"


async def test_one_that_is_left_in_the_midst_is_closed_and_its_place_serves_others() -> None:
    server = Slow(0, 0.2, 0.2, 0.2, 1, 1, 1, 1, 1, 1)
    async with serving(server) as (url, client):
        for number in range(1, 4):
            async with client.stream("POST", url, content=b"Why?\n") as response:
                pieces = response.aiter_raw()
                heard = b""
                while len(heard) < 28:
                    heard += await anext(pieces)
            assert heard.startswith(b"piece 0piece 1piece 2piece 3")
            assert server.connections == number


async def test_what_is_read_slowly_is_all_there() -> None:
    size = 4 * 1024 * 1024
    chunks = b"".join(b"2000\r\n" + bytes([65 + at % 26]) * 0x2000 + b"\r\n" for at in range(size // 0x2000))
    server = Server(CHUNKED + b"2\r\nHi\r\n" + chunks + b"0\r\n\r\n")
    async with serving(server) as (url, client), client.stream("POST", url, content=b"Why?\n") as response:
        heard = []
        async for piece in response.aiter_raw():
            heard.append(piece)
            await asyncio.sleep(batching.SECONDS / 10)
        assert len(b"".join(heard)) == size + 2
        assert max(map(len, heard)) <= 3 * FULL_BYTES


@pytest.mark.parametrize("value", ["two\r\nX-Other: lines", "two\nlines", "\0", " blank"])
async def test_a_header_that_could_begin_another_is_neither_sent_nor_told(value: str) -> None:
    server = Server()
    async with serving(server) as (url, client):
        with pytest.raises(httpx2.LocalProtocolError) as caught:
            await client.post(url, content=b"Why?\n", headers={"X-Key": value})
    assert value not in str(caught.value)
    assert server.connections == 0


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "/path", "http:///path"])
async def test_an_address_that_is_none_is_refused(url: str) -> None:
    async with httpx2.AsyncClient(transport=ConnectionPool()) as client:
        with pytest.raises((httpx2.UnsupportedProtocol, httpx2.LocalProtocolError)):
            await client.post(url, content=b"Why?\n")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1]:1/", "http://there-is-no-such-host.invalid/"])
async def test_a_server_that_is_not_there_cannot_be_reached(url: str) -> None:
    async with httpx2.AsyncClient(transport=ConnectionPool()) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.post(url, content=b"Why?\n")


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_only_a_certificate_that_is_trusted_is(
    is_trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.pem"
    own.write_bytes(certificate("localhost"))
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(own)
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", CHUNKED + b"2\r\nOK\r\n")
    async with serving(server, secure) as (url, client):
        url = url.replace("http://127.0.0.1", "https://localhost")
        if not is_trusted:
            with pytest.raises(httpx2.ConnectError):
                await client.post(url, content=b"Why?\n")
            return
        assert (await client.post(url, content=b"Why?\n")).text == "OK"
        async with client.stream("POST", url, content=b"Why?\n") as response:
            assert await anext(response.aiter_raw()) == b"OK"
        assert server.connections == 1


def certificate(name: str) -> bytes:
    """Return a key, and the certificate that it signs for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    parts = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*parts) + built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
