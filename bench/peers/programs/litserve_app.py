"""An application of LitServe's in front of the chain: `python -m bench.peers.programs.litserve_app PORT`."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import litserve
from fastapi import HTTPException

from bench.peers.programs import chain

LOOP_SECONDS = 8.0
LONGEST_CHARS = chain.CONTEXT


class Chain(litserve.LitAPI):  # type: ignore[misc]
    """Says what the chain says, and counts nothing: few applications do."""

    def setup(self, device: str) -> None:
        """Take as long as a small model does."""
        time.sleep(2)

    def predict(self, request: Any) -> Iterator[str]:
        """Yield the answer, character by character where it is not ASCII."""
        said = request.messages[-1].content
        if len(said) > LONGEST_CHARS:
            raise HTTPException(
                400, f"The prompt is too long: it exceeds the context window of {chain.CONTEXT} tokens."
            )
        pieces = chain.answer(said.split()[-1])
        limit = request.max_completion_tokens or request.max_tokens or chain.CONTEXT
        for _, piece in zip(range(min(limit, chain.MOST_PIECES)), pieces, strict=False):
            time.sleep(LOOP_SECONDS / chain.MOST_PIECES)
            yield piece


if __name__ == "__main__":
    server = litserve.LitServer(Chain(spec=litserve.OpenAISpec()), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
