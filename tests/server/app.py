"""The misbehaving application under the embedded server: `python -m tests.server.app '{limits}' [layers [PORT]]`.

Prints the port. With `layers` the site's ASGI layers are in between. ON_READY=raise fails once the port is
open; LISTENER is the number of an open port to listen on.
"""

# Before anything that might import Twisted.
from chatsite.server.server import Server  # isort: skip

import json
import os
import socket
import sys

from chatsite.server.limits import Limits
from tests.server import layers, misbehaving


def main() -> None:
    """Serve until told to stop."""

    async def ready() -> None:
        sys.stdout.write(f"{server.port}\n")
        sys.stdout.flush()
        if os.environ.get("ON_READY") == "raise":
            raise RuntimeError("nobody can be told")

    limits, *more = sys.argv[1:]
    application = layers.application if more else misbehaving.application
    port = int(more[1]) if more[1:] else 0
    shared = os.environ.get("LISTENER")
    server = Server(
        application,
        "127.0.0.1",
        port,
        on_ready=ready,
        limits=Limits(**json.loads(limits)),
        listener=socket.socket(fileno=int(shared)) if shared else None,
    )
    server.run()
    if server.failure:
        sys.exit(server.failure)


if __name__ == "__main__":
    main()
