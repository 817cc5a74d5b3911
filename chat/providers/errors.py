"""Turns what a provider or the network says when it fails into a `ChatError` that a person can act on.

No provider's SDK is known here: a fault is a status, a type, a code and a text, or an exception of the transport.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2
import msgspec

from chat.errors import ChatError, masked

# What OpenAI, Anthropic, llama.cpp, vLLM, Ollama and others say when the conversation does not fit.
TOO_LONG: Final = (
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context length",
    "exceeds the available context size",
    "context window",
    "context length",
    "prompt is too long",
    "exceed context limit",
)
# Anthropic reports an empty account as a request that is not valid, or as a billing error.
NO_CREDIT: Final = ("insufficient_quota", "billing_error", "credit balance is too low")
# Where the words of an error stand, what they are named by, and what holds another object that may have them: OpenAI's,
# Anthropic's, FastAPI's, Cloudflare's, MiniMax's, Gemini's, Bedrock's, OpenRouter's (what its provider said).
WORDS: Final = ("message", "msg", "status_msg", "error_msg", "error_message", "error_description", "title", "Message")
CODES: Final = ("code", "status_code", "error_code", "statusCode", "status")
HOLDERS: Final = ("error", "errors", "detail", "message", "base_resp", "metadata", "raw")
DEEPEST: Final = 6
MOST_LISTED: Final = 5
# MiniMax's own numbers. Source: its platform's "Error Codes".
MINIMAX: Final = {"1002": 429, "1004": 401, "1008": 402, "1039": 400, "2013": 400, "2049": 401}
# llama.cpp's and Hugging Face's words while a model is read from the disk, which takes up to minutes.
LOADING: Final = re.compile(r"loading model|(?:model|is) (?:is )?(?:currently |still )?(?:being )?load(?:ed|ing)")
# Of what a provider asks to wait: a year is as good as for ever, and still a date.
LONGEST_PAUSE: Final = 365 * 24 * 3600.0
FILTERED: Final = ("content_filter", "content_policy", "responsibleaipolicy", "moderation_blocked")


def refused(message: str) -> ChatError:
    """Return the error for an answer of the provider's that asking again will not change."""
    return ChatError("api_error", message, retryable=False)


def reported(
    status: int | None, kind: str = "", code: str = "", message: str = "", *, retry_after: float | None = None
) -> ChatError:
    """Return the error for what a provider reported; `status` is None when it came inside a stream.

    `kind` and `code` are the `type` and `code` of the error object, either may be empty; Anthropic has no codes.
    """
    if status is None and code.isascii() and code.isdigit():
        number = MINIMAX.get(code, int(code[:4]))
        status = number if 400 <= number < 600 else None
    said = masked(message)
    names = f"{kind} {code}".lower()
    words = f"{names} {message.lower()}"
    detail = f" It said: {said}" if said else ""
    if status in (None, 400, 413, 422, 500) and any(sign in words for sign in TOO_LONG):
        return ChatError(
            "context_length", "The conversation is too long for this model. Start a new one or shorten it."
        )
    if any(sign in names for sign in FILTERED):
        return ChatError("content_filter", f"The provider's content filter blocked this request.{detail}")
    if status == 402 or any(sign in words for sign in NO_CREDIT):
        return ChatError("budget", "The provider's account has no credit left. Top it up or choose another model.")
    if status == 401 or "authentication" in names or "invalid_api_key" in names:
        return ChatError("authentication", f"The provider did not accept the API key. Check it.{detail}")
    if status == 403 or "permission" in names:
        return ChatError("authentication", f"The API key is not allowed to do this at the provider.{detail}")
    if status == 429 or "rate_limit" in names:
        return ChatError("rate_limit", "The provider is rate limiting: too many requests.", retry_after=retry_after)
    if status == 404 or "model_not_found" in names or "not_found_error" in names:
        return refused(f"The provider does not know this model or address.{detail}")
    if status == 503 and LOADING.search(words):
        return ChatError("api_error", "The model is being loaded.", retry_after=retry_after, repeat="once_loaded")
    if status in (503, 529) or "overloaded" in names:
        return ChatError("api_error", "The model is busy at the moment.", retry_after=retry_after)
    if status in (408, 504) or "timeout_error" in names:
        return ChatError("timeout", "The provider did not answer in time.", retry_after=retry_after)
    if status is not None and 300 <= status < 400:
        return refused("The provider's address redirects elsewhere. Set it to the final address.")
    if (status is not None and 400 <= status < 500) or "invalid_request" in names:
        return refused(f"The provider refused the request.{detail}")
    where = f" (HTTP {status})" if status is not None else ""
    return ChatError("api_error", f"The provider had a problem{where}.{detail}", retry_after=retry_after)


def from_body(status: int | None, body: Any, *, retry_after: float | None = None) -> ChatError:
    """Return the error that a decoded JSON body, or its text, describes, wherever in it the words stand."""
    kind, code, message = _described(body)
    return reported(status, kind, code, message, retry_after=retry_after)


def is_failed(base_resp: Any) -> bool:
    """Whether MiniMax's `base_resp`, which is there with every answer, tells of a failure."""
    return isinstance(base_resp, dict) and base_resp.get("status_code") not in (None, 0, "0")


def reports_failure(body: Any) -> bool:
    """Whether a JSON object that is no part of an answer says that the provider failed."""
    if isinstance(body, list):
        return any(isinstance(each, dict) and reports_failure(each) for each in body[:1])
    if not isinstance(body, dict):
        return False
    if any(body.get(name) for name in ("error", "errors", "detail")) or is_failed(body.get("base_resp")):
        return True
    has_words = any(isinstance(body.get(name), str) and body[name] for name in WORDS)
    return has_words and any(body.get(name) for name in CODES)


def _described(body: Any, depth: int = 0) -> tuple[str, str, str]:
    """Return the type, the code and the words of an error, each empty where there is none."""
    if depth > DEEPEST:
        return "", "", ""
    if isinstance(body, str):
        return ("", "", body) if not body.lstrip().startswith(("{", "[{")) else _within(body, depth)
    if isinstance(body, list):
        return _listed(body, depth)
    if not isinstance(body, dict):
        return "", "", ""
    kind = _word(body.get("type"))
    code = next((word for name in CODES if (word := _word(body.get(name)))), "")
    message = next((body[name] for name in WORDS if isinstance(body.get(name), str) and body[name].strip()), "")
    if message and isinstance(loc := body.get("loc"), list):
        # Pydantic's: where in the request, and what.
        message = f"{'.'.join(map(str, loc))}: {message}"
    inner = _described(message, depth + 1) if message.lstrip().startswith("{") else ("", "", message)
    for name in HOLDERS:
        if isinstance(held := body.get(name), str | dict | list) and held and held is not message:
            inner = _joined(inner, _described(held, depth + 1))
    if (param := _word(body.get("param"))) and param not in inner[2]:
        inner = (*inner[:2], f"{inner[2]} ({param})".strip())
    # What stands further in is nearer to the cause.
    return inner[0] or kind, inner[1] or code, inner[2]


def _joined(first: tuple[str, str, str], second: tuple[str, str, str]) -> tuple[str, str, str]:
    words = [first[2]] if first[2] else []
    if second[2] and second[2] not in first[2]:
        words.append(second[2])
    return second[0] or first[0], second[1] or first[1], ": ".join(words)


def _within(text: str, depth: int) -> tuple[str, str, str]:
    """Return what JSON in a text describes; the text itself where it is none, or has no words."""
    try:
        found = _described(msgspec.json.decode(text), depth + 1)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return "", "", text
    return found if found[2] else ("", "", text)


def _listed(each: list[Any], depth: int) -> tuple[str, str, str]:
    found = [described for one in each[:MOST_LISTED] if any(described := _described(one, depth + 1))]
    kinds, codes, words = ([described[place] for described in found if described[place]] for place in range(3))
    return next(iter(kinds), ""), next(iter(codes), ""), "; ".join(words)


def _word(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def from_transport(error: Exception | None, *, after_text: bool) -> ChatError:
    """Return the error for an exception of the HTTP client; `after_text`: something of the answer had come."""
    match error:
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.ProxyError():
            return ChatError("network_error", "The provider cannot be reached. Check its address and the network.")
        case httpx2.PoolTimeout():
            return ChatError("timeout", "Too many answers are being written at once. Try again in a moment.")
        case httpx2.TimeoutException():
            return ChatError("timeout", "The provider went silent." if after_text else "The provider does not answer.")
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL() | httpx2.LocalProtocolError() | UnicodeError():
            return refused("The provider's address or API key is not well-formed. Check both.")
        case httpx2.DecodingError():
            return ChatError("api_error", "The provider's answer could not be unpacked.")
        case _ if after_text:
            return ChatError("interrupted", "The connection to the provider was lost in the middle of the answer.")
        case httpx2.TransportError():
            return ChatError("network_error", "The connection to the provider was lost before the answer began.")
        case _:
            return ChatError("unknown", "Something unexpected went wrong while talking to the provider.")


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long a response asks to wait: milliseconds (OpenAI's own header), seconds or an HTTP date."""
    # The last one is LiteLLM's, for what its own provider said.
    for name, per_second in (("retry-after-ms", 1000.0), ("retry-after", 1.0), ("llm_provider-retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if value.isascii() and value.replace(".", "", 1).isdigit():
            return min(float(value) / per_second, LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), LONGEST_PAUSE)
