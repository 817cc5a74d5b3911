"""Anthropic, and everything that speaks its messages."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cached_property
from itertools import groupby
from typing import Any, Final

import httpx2
from anthropic import APIConnectionError, APIStatusError, AsyncAnthropic, Omit

from chat.providers.anthropic.decoder import MessagesDecoder
from chat.providers.base import CompletionRequest, Endpoint, Learnt, Turn
from chat.providers.http.provider import MODELS_TIMEOUT, Remote, from_response
from chat.providers.instruction import instruction
from chat.providers.refusal import OPTIONAL

# The version that the decoder is written for. The SDK's own is newer and refuses every request with a temperature.
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


class Anthropic(Remote):
    """See `chat.providers.base.Provider`.

    The key goes out as `x-api-key`, which every server of this format understands. `response_format` becomes an
    instruction in the system prompt: the format has no JSON mode, and its schemas are a dialect that only some models
    take. A temperature above 1 is sent as 1, the format's highest; newer models refuse any.
    """

    # The format demands it.
    _optional = OPTIONAL - {"max_tokens"}

    @cached_property
    def _client(self) -> AsyncAnthropic:
        client = AsyncAnthropic(
            # Without an explicit key the SDK looks for others in the environment and on disk.
            api_key=self._endpoint.api_key or "none",
            base_url=self._endpoint.base_url.rstrip("/").removesuffix("/v1"),
            timeout=self._timeout,
            max_retries=0,
            http_client=self._http,
            open_telemetry=False,
        )
        # It has read ANTHROPIC_CUSTOM_HEADERS, whoever is asked.
        client._custom_headers = self._ambient(client._custom_headers)
        return client

    @cached_property
    def _headers(self) -> dict[str, str | Omit]:
        headers: dict[str, str | Omit] = {"anthropic-version": VERSION, "Authorization": Omit()}
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
        create = self._client.messages.with_streaming_response.create
        async with create(
            model=model, messages=[], max_tokens=1, stream=True, extra_body=body, extra_headers=self._headers
        ) as answer:
            yield answer.http_response

    async def _list(self) -> httpx2.Response:
        return await self._client.get(
            "/v1/models",
            cast_to=httpx2.Response,
            options={"headers": self._headers, "timeout": MODELS_TIMEOUT, "params": {"limit": MODELS_LIMIT}},
        )

    def _plain(self, error: Exception) -> Exception:
        match error:
            case APIStatusError():
                return from_response(error.response)
            case APIConnectionError(__cause__=Exception() as cause):
                return cause
        return error


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
