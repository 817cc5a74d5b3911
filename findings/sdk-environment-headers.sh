#!/bin/sh
# openai 3.52.0 and anthropic 2.11.0 send the headers of OPENAI_CUSTOM_HEADERS and ANTHROPIC_CUSTOM_HEADERS to any base_url
# that is given to a client, and let them replace an api_key that is given to it explicitly.
# Seen: at http://elsewhere.example, openai with api_key="EXPLICIT" and OPENAI_CUSTOM_HEADERS="authorization: Bearer AMBIENT"
# sends "Bearer AMBIENT"; copy(set_default_headers={}) still does. anthropic sends x-api-key AMBIENT beside Authorization
# "Bearer EXPLICIT". Expected: what is given explicitly wins over the environment, as it does for OPENAI_API_KEY.
# Exits 0 while that is so, 1 when it has changed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q openai==3.52.0 anthropic==2.11.0
cat > "$work/try.py" <<'PYTHON'
import os

os.environ["OPENAI_CUSTOM_HEADERS"] = "authorization: Bearer AMBIENT\nX-Tenant: acme"
os.environ["ANTHROPIC_CUSTOM_HEADERS"] = "X-Api-Key: AMBIENT\nX-Tenant: acme"
import httpx2
from anthropic import Anthropic
from openai import OpenAI

NAMES = ("authorization", "x-api-key", "x-tenant")
seen = []


def answer(request):
    seen.append({name: request.headers[name] for name in NAMES if name in request.headers})
    return httpx2.Response(200, json={"data": []})


def client():
    return httpx2.Client(transport=httpx2.MockTransport(answer))


openai = OpenAI(api_key="EXPLICIT", base_url="http://elsewhere.example/v1", http_client=client())
openai.get("/models", cast_to=httpx2.Response)
openai.copy(set_default_headers={}).get("/models", cast_to=httpx2.Response)
anthropic = Anthropic(api_key="EXPLICIT", base_url="http://elsewhere.example", http_client=client())
anthropic.get("/v1/models", cast_to=httpx2.Response)
for headers in seen:
    print(headers)
ambient = {"authorization": "Bearer AMBIENT", "x-tenant": "acme"}
expected = [ambient, ambient, {"authorization": "Bearer EXPLICIT", "x-api-key": "AMBIENT", "x-tenant": "acme"}]
raise SystemExit(0 if seen == expected else 1)
PYTHON
"$work/venv/bin/python" "$work/try.py"
