#!/bin/sh
# litserve 0.2.19, OpenAISpec: an application that counts no tokens (most) is given a usage object that says there were
# none: {"prompt_tokens": 0, "total_tokens": 0, "completion_tokens": 0}, on the last chunk of a stream (whether or not
# stream_options asks for it) and in whole answers. Where OpenAI's format has null or no field, a bill made from this
# says that a long answer was free.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
"$work/venv/bin/pip" install -q --disable-pip-version-check litserve==0.2.19 || exit 2
cat > "$work/app.py" <<'PYTHON'
import sys

import litserve


class Plain(litserve.LitAPI):
    def setup(self, device):
        pass

    def predict(self, request):
        for number in range(12):
            yield f"word {number} "


if __name__ == "__main__":
    server = litserve.LitServer(Plain(spec=litserve.OpenAISpec()), accelerator="cpu")
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


def ask(stream):
    body = {"model": "any", "stream": stream, "messages": [{"role": "user", "content": "Hello"}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    for _ in range(300):
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.read().decode()
        except urllib.error.URLError:
            time.sleep(0.2)
    sys.exit(2)


try:
    streamed, whole = ask(True), json.loads(ask(False))
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(20)

chunks = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: {")]
told = [chunk["usage"] for chunk in chunks if chunk.get("usage") is not None]
text = "".join(chunk["choices"][0]["delta"]["content"] or "" for chunk in chunks)
print(f"text: {text!r}\nusage of the stream: {told}\nusage of the whole answer: {whole['usage']}")
nothing = {"prompt_tokens": 0, "total_tokens": 0, "completion_tokens": 0}
same = told == [nothing] and whole["usage"] == nothing and "word 11" in text
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" ask.py
