#!/bin/sh
# litellm 1.108.7, the proxy's /v1/messages in front of an OpenAI-compatible server (hosted_vllm/...), streaming:
# message_start says usage.input_tokens 0 (and the cached ones 0), though Anthropic's format has the prompt's count
# there; the true count stands only in the message_delta at the very end. Of an answer that is not heard to its end the
# prompt seems to have cost nothing.
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


class Counting(BaseHTTPRequestHandler):
    """Says three words and counts a prompt of 1,000 tokens, 900 of them cached."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "any"}
        counted = {
            "prompt_tokens": 1000, "completion_tokens": 3, "total_tokens": 1003,
            "prompt_tokens_details": {"cached_tokens": 900},
        }
        for word in ("Three ", "words ", "said."):
            self.say(head | {"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]})
        self.say(head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.say(head | {"choices": [], "usage": counted})
        self.wfile.write(b"data: [DONE]\n\n")

    def say(self, chunk):
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def log_message(self, *arguments):
        pass


upstream = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
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
    messages = ask("/v1/messages")
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)

events = [json.loads(line[6:]) for line in messages.splitlines() if line.startswith("data: {")]
start = next(event["message"]["usage"] for event in events if event["type"] == "message_start")
end = next(event["usage"] for event in events if event["type"] == "message_delta")
print(f"message_start: {start}\nmessage_delta: {end}")
same = start["input_tokens"] == 0 and not start.get("cache_read_input_tokens") and end["input_tokens"] == 100
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" ask.py
