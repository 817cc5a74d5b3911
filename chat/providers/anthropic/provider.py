"""Anthropic, and everything that speaks its messages.

Its SDK is not used: of it a POST would be left, whose defaults (a newer version of the format, keys and tokens from the
environment and from disk, its own limits and time-outs) would all have to be undone, for 40 MB of memory.
"""

import os
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cached_property
from itertools import groupby
from typing import Any, Final

import httpx2

from chat.providers.anthropic.decoder import MessagesDecoder
from chat.providers.base import CompletionRequest, Endpoint, Learnt, Turn
from chat.providers.format_instructions import instruction
from chat.providers.http.provider import MODELS_TIMEOUT, HTTPProvider, from_response
from chat.providers.unsupported_parameters import OPTIONAL

# The version that the decoder is written for. A newer one refuses every request with a temperature.
VERSION: Final = "2023-06-01"
# The format demands a limit. Where the request has none this holds; thoughts count towards it, so they get room.
MAX_TOKENS: Final = 8_192
MAX_TOKENS_THINKING: Final = 32_000
# From Claude 5 on models think unasked, and hide their thoughts unless asked to show them: minutes of silence.
THINKING: Final = re.compile(r"(?:^|[/.])claude-(?:[a-z]+-)?(?:[5-9]|\d\d)(?:\D|$)")
# The list comes in pages; this is the largest.
MODELS_LIMIT: Final = 1000
NOTHING_ASKED: Final = "(The conversation begins with your answer.)"


def connect(endpoint: Endpoint) -> "Anthropic":
    """Return a provider for `endpoint`, whose address has no /v1; nothing is opened before the first request."""
    return Anthropic(endpoint)


class Anthropic(HTTPProvider):
    """See `chat.providers.base.Provider`.

    The key goes out as `x-api-key`, which every server of this format understands. `response_format` becomes an
    instruction in the system prompt: the format has no JSON mode, and its schemas are a dialect that only some models
    take. A temperature above 1 is sent as 1, the format's highest; newer models refuse any.
    """

    # The format demands it.
    _optional = OPTIONAL - {"max_tokens"}

    def _url(self, path: str) -> str:
        return f"{self._endpoint.base_url.rstrip('/').removesuffix('/v1')}{path}"

    @cached_property
    def _headers(self) -> dict[str, str]:
        headers = {"anthropic-version": VERSION, **self._ambient(_custom_headers())}
        if key := self._endpoint.api_key:
            # The client would send any other character as UTF-8, and the answer would not tell what is wrong.
            headers["x-api-key"] = key.encode("ascii").decode()
        return headers

    def _decoder(self, learnt: Learnt) -> MessagesDecoder:
        return MessagesDecoder(learnt)

    def _body(self, request: CompletionRequest) -> dict[str, Any]:
        return _body(request)

    @asynccontextmanager
    async def _ask(self, model: str, body: dict[str, Any]) -> AsyncIterator[httpx2.Response]:
        whole = {"model": model, "stream": True, **body}
        async with self._http.stream("POST", self._url("/v1/messages"), json=whole, headers=self._headers) as answer:
            await _check(answer)
            yield answer

    async def _list(self) -> httpx2.Response:
        parameters = {"limit": MODELS_LIMIT}
        url, headers = self._url("/v1/models"), self._headers
        answer = await self._http.get(url, params=parameters, headers=headers, timeout=MODELS_TIMEOUT)
        await _check(answer)
        return answer

    def _plain(self, error: Exception) -> Exception:
        return from_response(error.response) if isinstance(error, httpx2.HTTPStatusError) else error


async def _check(answer: httpx2.Response) -> None:
    """Raise HTTPStatusError for an answer that is an error or leads elsewhere, once its body was read."""
    if not answer.is_success:
        await answer.aread()
        answer.raise_for_status()


def _custom_headers() -> dict[str, str]:
    """Return the headers that ANTHROPIC_CUSTOM_HEADERS names, one a line, as Anthropic's SDK reads it."""
    lines = [line.partition(":") for line in os.environ.get("ANTHROPIC_CUSTOM_HEADERS", "").split("\n")]
    return {name.strip(): value.strip() for name, colon, value in lines if colon and name.strip()}


def _body(request: CompletionRequest) -> dict[str, Any]:
    thinking = THINKING.search(request.model) is not None
    body: dict[str, Any] = {
        "messages": _messages(turn for turn in request.turns if turn.role != "system"),
        "max_tokens": request.max_tokens or (MAX_TOKENS_THINKING if thinking else MAX_TOKENS),
    }
    if system := _system(request):
        body["system"] = system
    if thinking:
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
    if request.cache_key is not None:
        # The mark goes to the last block by itself, and on with the conversation. Five minutes are its default.
        body["cache_control"] = {"type": "ephemeral"} | ({"ttl": "1h"} if request.cache_hour else {})
    if request.temperature is not None:
        body["temperature"] = min(request.temperature, 1.0)
    return body


def _messages(turns: Iterable[Turn]) -> list[dict[str, str]]:
    """Return turns as the format wants them: user and assistant in turn, the user first."""
    messages = [
        {"role": role, "content": "\n\n".join(turn.content for turn in group)}
        for role, group in groupby(turns, key=lambda turn: turn.role)
    ]
    if messages and messages[0]["role"] == "assistant":
        messages.insert(0, {"role": "user", "content": NOTHING_ASKED})
    return messages


def _system(request: CompletionRequest) -> str:
    """Return the system prompt, and at its end what `response_format` asks for."""
    parts = [turn.content for turn in request.turns if turn.role == "system"]
    if words := instruction(request.response_format):
        parts.append(words)
    return "\n\n".join(parts)
