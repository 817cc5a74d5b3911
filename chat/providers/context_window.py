"""Reads the size of a model's context window, in tokens, from its server's list of models and from refusals. No I/O."""

import re
from typing import Any, Final

import msgspec

from chat.errors import Refusal
from chat.providers.unsupported_parameters import MOST_CHARS, REPEATED_IN_WORDS, texts

# The largest number that every database keeps.
MOST_TOKENS: Final = 2**31 - 1
# What this server was started with comes before what the model was made for. llama.cpp has `meta.n_ctx` (`n_ctx_train`
# is the model's), vLLM `max_model_len`, LM Studio `loaded_context_length`, OpenRouter and Together `context_length`,
# Groq `context_window`, Mistral `max_context_length`, Anthropic `max_input_tokens`.
LISTED: Final = (
    "max_model_len",
    "loaded_context_length",
    "context_length",
    "context_window",
    "max_context_length",
    "max_input_tokens",
)
# llama.cpp's fields, and the sentences of OpenAI, vLLM, llama-cpp-python and Anthropic.
WINDOWS: Final = (
    re.compile(r"maximum context length (?:is|of) (\d{1,12})"),
    re.compile(r"context (?:size|length) \((\d{1,12}) tokens"),
    re.compile(r"context window of (\d{1,12})"),
    re.compile(r"tokens > (\d{1,12}) maximum"),
)
PROMPTS: Final = (
    re.compile(r"(?<!\d)(\d{1,12}) in the messages"),
    re.compile(r"messages resulted in (\d{1,12}) tokens"),
    re.compile(r"requested tokens \((\d{1,12})\)"),
    re.compile(r"request \((\d{1,12}) tokens\) exceeds"),
    re.compile(r"prompt is too long: (\d{1,12}) tokens"),
    re.compile(r"prompt contains (?:at least )?(\d{1,12}) (?:input )?tokens"),
)


def listed_window(entry: dict[str, Any]) -> int | None:
    """Return the context window that an entry of a list of models tells; None where it does not."""
    meta = entry.get("meta")
    told = [meta.get("n_ctx")] if isinstance(meta, dict) else []
    return next((found for value in (*told, *(entry.get(name) for name in LISTED)) if (found := tokens(value))), None)


def too_long(words: str) -> Refusal:
    """Return what the refusal of a prompt for its length tells; `words` are its body."""
    fields: dict[str, Any] = {}
    try:
        body = msgspec.json.decode(words)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        body = None
    if isinstance(body, dict):
        inner = body.get("error")
        fields = inner if isinstance(inner, dict) else body
    if body is not None:
        # What it repeats of the question is no word of its own.
        words = " ".join(texts(body))
    lower = REPEATED_IN_WORDS.sub("", words[:MOST_CHARS]).lower()
    window = tokens(fields.get("n_ctx")) or _first(WINDOWS, lower)
    return Refusal(window=window, prompt_tokens=tokens(fields.get("n_prompt_tokens")) or _first(PROMPTS, lower))


def tokens(value: Any) -> int | None:
    """Return a number of tokens; None for anything else, and for 0, which tells nothing."""
    return value if type(value) is int and 0 < value <= MOST_TOKENS else None


def _first(patterns: tuple[re.Pattern[str], ...], words: str) -> int | None:
    found = (pattern.search(words) for pattern in patterns)
    return next((tokens(int(match[1])) for match in found if match), None)
