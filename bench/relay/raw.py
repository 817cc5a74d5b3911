"""The limit: a relay in plain asyncio that parses nothing. `python -m bench.relay.raw UPSTREAM` prints its address."""

import asyncio
import sys
from urllib.parse import urlsplit


class Upstream(asyncio.Protocol):
    """The line to the upstream: every piece goes on as it is."""

    def __init__(self, client: asyncio.Transport) -> None:
        self._client = client

    def data_received(self, data: bytes) -> None:
        self._client.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.close()


class Client(asyncio.Protocol):
    """The line to a client; its request goes to a connection of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._waiting: list[bytes] = []
        self._upstream: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is one
        self._transport = transport
        self._connecting = asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._upstream, _ = await loop.create_connection(lambda: Upstream(self._transport), *self._address)
        self._upstream.writelines(self._waiting)

    def data_received(self, data: bytes) -> None:
        if self._upstream is None:
            self._waiting.append(data)
        else:
            self._upstream.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._upstream is not None:
            self._upstream.close()


async def main(upstream: str) -> None:
    """Serve until killed."""
    address = urlsplit(upstream)
    server = await asyncio.get_running_loop().create_server(
        lambda: Client(address.hostname or "", address.port or 80), "127.0.0.1", 0, backlog=1024
    )
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
