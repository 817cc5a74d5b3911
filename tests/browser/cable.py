"""A cable between the browser and the site that can be pulled: chromium's own switch leaves open streams alone."""

import socket
from contextlib import suppress
from threading import Thread
from typing import Self
from urllib.parse import urlsplit


class Cable:
    """Passes bytes on to `origin` until it is unplugged; a context manager. `url` is its near end."""

    def __init__(self, origin: str) -> None:
        address = urlsplit(origin)
        self._far = (address.hostname or "", address.port or 80)
        self._plugged = True
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.unplug()
        self._listener.close()

    def unplug(self) -> None:
        """Cut every connection, and every new one."""
        self._plugged = False
        for each in list(self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def plug_in(self) -> None:
        self._plugged = True

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._plugged:
                    near.close()
                    continue
                far = socket.create_connection(self._far)
                for one, other in ((near, far), (far, near)):
                    self._sockets.add(one)
                    Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._sockets.discard(source)
        source.close()
