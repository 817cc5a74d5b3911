#!/bin/sh
# litellm 1.108.7, the proxy in front of an OpenAI-compatible server (hosted_vllm/...), streaming: where the server's
# answer ends in the middle - no finish reason, no [DONE], the body simply ends - the proxy makes up an end:
# finish_reason "stop" and [DONE] at /v1/chat/completions, stop_reason "end_turn" and message_stop at /v1/messages.
# Whoever asks through the proxy cannot tell a cut answer from a complete one.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
"$work/venv/bin/pip" install -q --disable-pip-version-check 'litellm[proxy]==1.108.7' || exit 2
cat > "$work/ask.py" <<'PYTHON'
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-0123456789abcdef0123456789abcdef"


class Cutting(BaseHTTPRequestHandler):
    """Says three words of an answer and ends the body, as a server does that is stopped."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for word in ("Three ", "words ", "of "):
            chunk = {
                "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "any",
                "choices": [{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}],
            }
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def log_message(self, *arguments):
        pass


upstream = ThreadingHTTPServer(("127.0.0.1", 0), Cutting)
threading.Thread(target=upstream.serve_forever, daemon=True).start()
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
with open("config.yaml", "w") as file:
    file.write(f"""
model_list:
  - model_name: any
    litellm_params: {{model: hosted_vllm/any, api_base: "http://127.0.0.1:{upstream.server_port}/v1", api_key: none}}
litellm_settings: {{num_retries: 0}}
general_settings: {{master_key: {KEY}}}
""")
command = [os.path.join(os.path.dirname(sys.executable), "litellm"), "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
server = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"})


def ask(path):
    body = {"model": "any", "stream": True, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}", "anthropic-version": "2023-06-01"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    for _ in range(600):
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.read().decode()
        except urllib.error.HTTPError as error:
            print(error.read().decode())
            sys.exit(1)
        except urllib.error.URLError:
            time.sleep(0.2)
    sys.exit(2)


try:
    chat, messages = ask("/v1/chat/completions"), ask("/v1/messages")
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)

print("\n".join(line for line in chat.splitlines() if line)[-400:])
print("\n".join(line for line in messages.splitlines() if line)[-400:])
same = '"finish_reason":"stop"' in chat and "[DONE]" in chat and '"end_turn"' in messages and "message_stop" in messages
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" ask.py
