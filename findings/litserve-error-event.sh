#!/bin/sh
# litserve 0.2.19, OpenAISpec, streaming: an error is sent as an event without the blank line that ends an event.
# By the standard of server-sent events an event that is not ended by a blank line is discarded when the stream ends, so
# a client that reads by the standard sees an answer that simply ends: HTTP 200, no error, no finish reason, no [DONE].
# Seen: the body is b'data: {"error": {"message": ...}}' and nothing after it.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
"$work/venv/bin/pip" install -q --disable-pip-version-check litserve==0.2.19 || exit 2
cat > "$work/app.py" <<'PYTHON'
import sys

import litserve
from fastapi import HTTPException


class Refusing(litserve.LitAPI):
    def setup(self, device):
        pass

    def predict(self, request):
        yield "The first words, "
        raise HTTPException(400, "and then an error that says why.")


if __name__ == "__main__":
    server = litserve.LitServer(Refusing(spec=litserve.OpenAISpec()), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
PYTHON
cat > "$work/ask.py" <<'PYTHON'
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
server = subprocess.Popen([sys.executable, "app.py", str(port)], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    body = {"model": "any", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    for _ in range(300):
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                status, received = response.status, response.read()
            break
        except urllib.error.URLError:
            time.sleep(0.2)
    else:
        sys.exit(2)
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(20)

events = received.split(b"\n\n")
print(f"HTTP {status}; ended events: {len(events) - 1}; left at the end: {events[-1]!r}")
same = status == 200 and events[-1].startswith(b'data: {"error"') and b"[DONE]" not in received
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" ask.py
