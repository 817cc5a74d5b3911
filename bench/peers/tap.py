"""A line between the product and a peer that passes every byte on, counts requests and remembers what was answered."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from typing import Self

ASKED = re.compile(rb"^POST (\S+) HTTP/1\.1\r\n")
PIECE = 65536


class Tap:
    """Listens on a port of its own; a context manager. Until the peer listens, so that it refuses as the peer would, it
    does not either (`open` waits for that).

    `asked` are the paths of the POST requests so far, `answered` the bytes that came back, both since `forget`.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._ended = False
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.asked: list[str] = []
        self.answered: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Begin to listen."""
        self._socket.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self) -> None:
        """Begin to count anew."""
        self.asked, self.answered = [], []

    def _accept(self) -> None:
        while not self._ended:
            try:
                client, _ = self._socket.accept()
                peer = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                continue
            for line in (client, peer):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pass, args=(client, peer, self._note), daemon=True).start()
            threading.Thread(target=self._pass, args=(peer, client, self._keep), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, look: Callable[[bytes], None]) -> None:
        # Whoever closes, closes both: a client that has gone is told to the peer at once.
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                look(piece)
                target.sendall(piece)
        for line in (source, target):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _note(self, piece: bytes) -> None:
        if found := ASKED.match(piece):
            self.asked.append(found.group(1).decode())

    def _keep(self, piece: bytes) -> None:
        self.answered.append(piece)
