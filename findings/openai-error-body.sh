#!/bin/sh
# openai 3.52.0 (the Python SDK): `APIStatusError.body` is said to be the decoded body of the response where that is
# JSON. It is the body's `error` field alone where there is one: of {"error": "invalid_request", "error_description":
# "no such sampler"} (OAuth's form, which gateways use) it is the text "invalid_request". anthropic 2.11.0 gives all of it. Whoever shows people why
# a request was refused has to decode the response again.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
"$work/venv/bin/pip" install -q --disable-pip-version-check openai==3.52.0 anthropic==2.11.0 || exit 2
cat > "$work/ask.py" <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import openai

BODY = {"error": "invalid_request", "error_description": "no such sampler"}


class Refusing(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        said = json.dumps(BODY).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
turns = [{"role": "user", "content": "Hello"}]
found = {}
try:
    openai.OpenAI(base_url=address, api_key="none", max_retries=0).chat.completions.create(model="any", messages=turns)
except openai.APIStatusError as error:
    found["openai"] = error.body
try:
    anthropic.Anthropic(base_url=address, api_key="none", max_retries=0).messages.create(
        model="any", messages=turns, max_tokens=9
    )
except anthropic.APIStatusError as error:
    found["anthropic"] = error.body
print("sent     ", BODY)
print("openai   ", openai.__version__, repr(found.get("openai")))
print("anthropic", anthropic.__version__, repr(found.get("anthropic")))
same = found == {"openai": "invalid_request", "anthropic": BODY}
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" ask.py
