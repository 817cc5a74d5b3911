"""Where the words of an error stand in JSON, before a stream and in it."""

import json
from typing import Any, Final

WORDS: Final = "no such sampler"
# What nobody shall read, in the same breath.
SECRETS: Final = ("sk-proj-0123456789abcdef", "10.0.0.7")
SAID: Final = f"{WORDS} for {SECRETS[0]} at https://{SECRETS[1]}/v1"
# Each as HTTP says it with a status, as an answer of 200, and as an event.
TOLD: Final[dict[str, Any]] = {
    "OpenAI's": {"error": {"message": SAID, "type": "invalid_request_error", "param": None, "code": None}},
    "Anthropic's": {"type": "error", "error": {"type": "invalid_request_error", "message": SAID}, "request_id": "r"},
    "Gemini's, a list around the object": [{"error": {"code": 400, "message": SAID, "status": "INVALID_ARGUMENT"}}],
    "a list around two": [{"error": {"message": SAID}}, {"error": {"message": "and more"}}],
    "vLLM's": {"object": "error", "message": SAID, "type": "BadRequestError", "code": 400},
    "error as text": {"error": SAID},
    "error as text, and its description": {"error": "invalid_request", "error_description": SAID},
    "detail as text": {"detail": SAID},
    "detail as a list": {"detail": [{"type": "missing", "loc": ["body", "sampler"], "msg": SAID, "input": {}}]},
    "detail as a list of texts": {"detail": [SAID]},
    "detail as an object": {"detail": {"message": SAID}},
    "detail with an error in it": {"detail": {"error": {"message": SAID}}},
    "a title and detail": {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": SAID},
    "a message in a message": {"error": {"message": {"message": SAID}}},
    "detail in a message": {"error": {"message": {"detail": [{"loc": ["body"], "msg": SAID}]}}},
    "JSON in a message": {"error": {"message": json.dumps({"error": {"message": SAID}}), "code": 400}},
    "Cloudflare's errors": {"success": False, "errors": [{"code": 5007, "message": SAID}], "result": None},
    "errors that are texts": {"errors": [SAID]},
    "errors that are an object": {"errors": {"message": SAID}},
    "msg": {"code": 1210, "msg": SAID},
    "MiniMax's": {"id": "", "choices": None, "base_resp": {"status_code": 2013, "status_msg": SAID}},
    "message and code": {"message": SAID, "code": "bad_sampler"},
    "OpenRouter's, JSON of the provider behind": {
        "error": {
            "message": "Provider returned error",
            "code": 400,
            "metadata": {"raw": json.dumps({"error": {"message": SAID}}), "provider_name": "X"},
        },
        "user_id": "u",
    },
    "OpenRouter's, words of the provider behind": {
        "error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": SAID, "provider_name": "X"}}
    },
    "OpenRouter's, a list of the provider behind": {
        "error": {"message": "Provider returned error", "metadata": {"raw": json.dumps([{"error": {"message": SAID}}])}}
    },
}
# These are told by a status alone: without one they might be anything.
WITH_A_STATUS: Final[dict[str, Any]] = {
    "AWS's": {"Message": SAID},
    "message alone": {"message": SAID},
    "msg alone": {"msg": SAID},
    "a text": SAID,
    "a list of texts": [SAID],
}
