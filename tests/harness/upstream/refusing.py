"""How servers turn down a request for what it carries, each in words of its own."""

import json
from typing import Any

from tests.harness.upstream.script import Script, prompt_tokens

Json = dict[str, Any]
OTHER = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


def refusal(script: Script, body: Json) -> tuple[int, bytes] | None:
    """Return the status and body that a request gets which carries what the script refuses; None where none does."""
    if refused := [name for name in script.refuses if name in body]:
        return worded(script.wording, refused, body)
    tokens = prompt_tokens(script, body)
    if script.n_ctx is not None and tokens > script.n_ctx and not (script.refuses_silently and body.get("stream")):
        return too_long(script, tokens)
    return None


def worded(wording: str, refused: list[str], body: Json) -> tuple[int, bytes]:
    name = refused[0]
    if wording == "openai":
        hint = f" Use '{OTHER[name]}' instead." if name in OTHER else ""
        message = f"Unsupported parameter: '{name}' is not supported with this model.{hint}"
        kind = {"type": "invalid_request_error", "param": name, "code": "unsupported_parameter"}
        return 400, json.dumps({"error": {"message": message, **kind}}).encode()
    if wording == "fastapi":
        # All at once, and with what was sent beside each.
        detail = [{"loc": ["body", each], "msg": "extra fields not permitted", "input": body} for each in refused]
        return 422, json.dumps({"detail": detail}).encode()
    if wording == "forbidden":
        message = "Extra inputs are not permitted"
        error = {"type": "extra_forbidden", "loc": ["body", name], "msg": message, "input": body[name]}
        return 400, json.dumps({"object": "error", "message": str([error]), "type": "BadRequestError"}).encode()
    return 400, f"I do not know what {name} is supposed to mean.".encode()


def too_long(script: Script, tokens: int) -> tuple[int, bytes]:
    """As llama.cpp's server says it; without numbers where the script has it say less."""
    message = "the request exceeds the available context size"
    error: Json = {"code": 400, "message": message, "type": "exceed_context_size_error"}
    if script.tells_window:
        error |= {"n_prompt_tokens": tokens, "n_ctx": script.n_ctx}
        error["message"] += f" ({script.n_ctx} tokens), try increasing it"
    return 400, json.dumps({"error": error}).encode()


def is_silent(script: Script, body: Json) -> bool:
    """Whether a streamed request is turned down without a word."""
    return script.refuses_silently and script.n_ctx is not None and prompt_tokens(script, body) > script.n_ctx
