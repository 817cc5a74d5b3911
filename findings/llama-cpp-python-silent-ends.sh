#!/bin/sh
# llama-cpp-python 0.3.36, its server with default settings, streaming chat completions ends without saying why, twice:
# 1. Two questions at once: the first answer is interrupted by the second (interrupt_requests), and its stream ends with
#    a regular [DONE] right after a word: no chunk with a finish_reason, no error event. Clients that go by [DONE] take
#    it for whole. (The connection is then closed without the last chunk of the body.)
# 2. A prompt that is longer than the context: HTTP 200, content type text/event-stream, and an empty body: no event, no
#    error. The same question without streaming gets HTTP 400, context_length_exceeded.
# Compiles llama.cpp without optimisation, without the part for pictures: some four minutes on two cores.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
export CMAKE_ARGS="-DLLAVA_BUILD=OFF -DGGML_NATIVE=OFF -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'llama-cpp-python[server]==0.3.36' gguf==0.19.0 || exit 2
cat > "$work/ask.py" <<'PYTHON'
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import gguf
import numpy as np

WIDTH, INNER, CONTEXT = 64, 128, 2048
names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *(f"\u2581word{n}" for n in range(60))]
kinds = gguf.TokenType
writer = gguf.GGUFWriter("model.gguf", "llama")
writer.add_context_length(CONTEXT)
writer.add_embedding_length(WIDTH)
writer.add_block_count(1)
writer.add_feed_forward_length(INNER)
writer.add_head_count(4)
writer.add_head_count_kv(4)
writer.add_rope_dimension_count(WIDTH // 4)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_tokenizer_model("llama")
writer.add_token_list(names)
writer.add_token_scores([0.0] * len(names))
writer.add_token_types([kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, *[kinds.BYTE] * 256, *[kinds.NORMAL] * 60])
writer.add_bos_token_id(1)
writer.add_eos_token_id(2)
writer.add_chat_template("{% for message in messages %}{{ message['content'] }}{% endfor %}")
random = np.random.default_rng(7)
output = np.zeros((len(names), WIDTH), np.float32)
output[-60:] = random.normal(size=(60, WIDTH))  # It says words, and never ends by itself.
writer.add_tensor("token_embd.weight", random.normal(size=(len(names), WIDTH)).astype(np.float32))
writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
writer.add_tensor("output.weight", output)
for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
    writer.add_tensor(f"blk.0.{name}.weight", np.zeros((WIDTH, WIDTH), np.float32))
for name, shape in (("ffn_gate", (INNER, WIDTH)), ("ffn_up", (INNER, WIDTH)), ("ffn_down", (WIDTH, INNER))):
    writer.add_tensor(f"blk.0.{name}.weight", np.zeros(shape, np.float32))
for name in ("attn_norm", "ffn_norm"):
    writer.add_tensor(f"blk.0.{name}.weight", np.ones(WIDTH, np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
where = ["--host", "127.0.0.1", "--port", str(port), "--model", "model.gguf", "--n_ctx", str(CONTEXT)]
server = subprocess.Popen([sys.executable, "-m", "llama_cpp.server", *where], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ask(prompt, stream, max_tokens, begun=None):
    body = {"model": "any", "stream": stream, "max_tokens": max_tokens, "messages": [{"role": "user", "content": prompt}]}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    received = b""
    try:
        while piece := answer.read1():
            received += piece
            if begun is not None and b'"content"' in received:
                begun.set()
    except http.client.IncompleteRead:
        received += b"(the connection is closed before the end of the body)"
    return answer.status, received.decode()


try:
    for _ in range(300):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.2)
    else:
        sys.exit(2)
    answers, begun = {}, threading.Event()
    first = threading.Thread(target=lambda: answers.update(first=ask("Hello", True, 1500, begun)))
    first.start()
    begun.wait(60)
    answers["second"] = ask("Hello", True, 5)
    first.join()
    streamed, whole = ask("Hello " * CONTEXT, True, 5), ask("Hello " * CONTEXT, False, 5)
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)


def ends(received):
    chunks = [line[6:] for line in received.splitlines() if line.startswith("data: ")]
    return [json.loads(chunk)["choices"][0]["finish_reason"] for chunk in chunks[:-1]][-1], chunks[-1], len(chunks)


cut, short = ends(answers["first"][1]), ends(answers["second"][1])
print(f"the first of two: last finish_reason {cut[0]}, then {cut[1]}, after {cut[2]} chunks of 1500")
print(f"the second: last finish_reason {short[0]}, then {short[1]}")
print(f"too long, streamed: HTTP {streamed[0]}, body {streamed[1]!r}")
print(f"too long, not streamed: HTTP {whole[0]}, {whole[1][:160]}")
same = (
    cut[:2] == (None, "[DONE]") and cut[2] < 1500 and short[:2] == ("length", "[DONE]")
    and streamed == (200, "") and whole[0] == 400 and "context_length_exceeded" in whole[1]
)
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" ask.py
