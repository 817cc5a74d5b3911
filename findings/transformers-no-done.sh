#!/bin/sh
# transformers 5.24.0, `transformers serve`, streaming chat completions: no [DONE] is ever sent, the body just ends after
# the chunk with the finish reason; a client that waits for the end mark of OpenAI's format takes each answer for cut.
# And a prompt longer than the model's positions (max_position_embeddings) is not refused: a model of 64 positions is
# given 300 tokens and answers with HTTP 200.
# Exits with 0 while that is so, with 1 once it has changed, with 2 if it could not be tried.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || exit 2
"$work/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 'transformers[serving]==5.24.0' || exit 2
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

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

words = {"<unk>": 0, "<s>": 1, "</s>": 2} | {f"w{number}": number + 3 for number in range(50)}
tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
fast.chat_template = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
fast.save_pretrained("model")
size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
LlamaForCausalLM(LlamaConfig(vocab_size=len(words), max_position_embeddings=64, **size)).save_pretrained("model")

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
model = os.path.abspath("model")
command = [os.path.join(os.path.dirname(sys.executable), "transformers"), "serve", "--host", "127.0.0.1", "--port", str(port), model]
server = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"HF_HUB_OFFLINE": "1"})


def ask(prompt):
    body = {"model": model, "stream": True, "max_tokens": 5, "messages": [{"role": "user", "content": prompt}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    for _ in range(300):
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError:
            time.sleep(0.2)
    sys.exit(2)


try:
    short, long = ask("w1 w2 w3"), ask("w1 w2 w3 " * 100)
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)

print(f"HTTP {short[0]}, the end: {short[1].rstrip()[-250:]!r}")
print(f"300 tokens for 64 positions: HTTP {long[0]}, the end: {long[1].rstrip()[-250:]!r}")
same = short[0] == long[0] == 200 and "finish_reason" in short[1] and "[DONE]" not in short[1] and '"prompt_tokens":300' in long[1]
print("as stated" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
cd "$work" && "$work/venv/bin/python" ask.py
