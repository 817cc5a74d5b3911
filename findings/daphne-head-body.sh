#!/bin/sh
# daphne 4.2.3: to a HEAD request an application may answer as to GET, the server leaves the body out (uvicorn and
# hypercorn do). Daphne leaves it to Twisted, which drops what is written before the headers are out and nothing after:
# where a response comes in two `http.response.body` messages, the second one is sent. On a connection that is kept, the
# client takes it for the beginning of the next response.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
"$work/venv/bin/pip" install -q --disable-pip-version-check 'daphne==4.2.3' 'uvicorn==0.38.0' || exit 2
cat > "$work/pieces.py" <<'PYTHON'
async def application(scope, receive, send):
    """Answers any request with two pieces of seven bytes."""
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"14")]})
    await send({"type": "http.response.body", "body": b"first, ", "more_body": True})
    await send({"type": "http.response.body", "body": b"second.", "more_body": False})
PYTHON
cat > "$work/ask.py" <<'PYTHON'
import os
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(sys.executable)


def answer(*command):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [os.path.join(HERE, command[0]), *(part.format(port=port) for part in command[1:])],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                connection = socket.create_connection(("127.0.0.1", port), 5)
                break
            except OSError:
                time.sleep(0.1)
        else:
            sys.exit(2)
        with connection:
            connection.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            received = b""
            while piece := connection.recv(65536):
                received += piece
    finally:
        server.terminate()
        server.wait(30)
    return received.split(b"\r\n\r\n", 1)[1]


daphne = answer("daphne", "-b", "127.0.0.1", "-p", "{port}", "pieces:application")
uvicorn = answer("uvicorn", "--lifespan", "off", "--port", "{port}", "pieces:application")
print("daphne sends after the headers:", daphne)
print("uvicorn sends after the headers:", uvicorn)
same = daphne == b"second." and uvicorn == b""
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" ask.py
