"""OpenAI and everything that speaks its chat completions."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Final

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Omit

from chat.providers.base import CompletionRequest, Endpoint, Learnt
from chat.providers.format_instructions import instruction
from chat.providers.http.provider import MODELS_TIMEOUT, HTTPProvider, from_response
from chat.providers.openai.decoder import CompletionDecoder

# These refuse `max_tokens`: they think before they answer, and their limit includes the thoughts.
THINKING: Final = re.compile(r"(?:^|/)(?:o\d|gpt-[5-9])")
# From GPT-5.6 on each prompt is written to the cache unasked, for a quarter more. Source: the SDK's PromptCacheOptions.
CACHING: Final = re.compile(r"(?:^|/)gpt-(?:5\.(?:[6-9]|\d\d)|[6-9]|\d\d)(?!\d)")


def connect(endpoint: Endpoint) -> "OpenAI":
    """Return a provider for `endpoint`; nothing is opened before the first request."""
    return OpenAI(endpoint)


class OpenAI(HTTPProvider):
    """See `chat.providers.base.Provider`."""

    @cached_property
    def _client(self) -> AsyncOpenAI:
        client = AsyncOpenAI(
            # The SDK insists on a key; without one, `_headers` keeps it off the wire.
            api_key=self._endpoint.api_key or "none",
            base_url=self._endpoint.base_url,
            timeout=self._timeout,
            max_retries=0,
            http_client=self._http,
        )
        # It has read OPENAI_ADMIN_KEY, OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS, whoever is asked.
        client.admin_api_key = None
        if not self._endpoint.heeds_environment:
            client.organization = client.project = None
        client._custom_headers = self._ambient(client._custom_headers)
        return client

    @cached_property
    def _headers(self) -> dict[str, str | Omit]:
        return {} if self._endpoint.api_key else {"Authorization": Omit()}

    def _decoder(self, learnt: Learnt) -> CompletionDecoder:
        return CompletionDecoder(learnt)

    def _body(self, request: CompletionRequest) -> dict[str, Any]:
        return _body(request)

    @asynccontextmanager
    async def _ask(self, model: str, body: dict[str, Any]) -> AsyncIterator[httpx2.Response]:
        create = self._client.chat.completions.with_streaming_response.create
        # Its own way to take messages costs the SDK a third of a second for 2,000: it looks at the type of every field.
        async with create(
            model=model, messages=[], stream=True, extra_body=body, extra_headers=self._headers
        ) as answer:
            yield answer.http_response

    async def _list(self) -> httpx2.Response:
        return await self._client.get(
            "/models", cast_to=httpx2.Response, options={"headers": self._headers, "timeout": MODELS_TIMEOUT}
        )

    def _plain(self, error: Exception) -> Exception:
        match error:
            case APIStatusError():
                return from_response(error.response)
            case APIConnectionError(__cause__=Exception() as cause):
                return cause
        return error


def _body(request: CompletionRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "messages": [{"role": turn.role, "content": turn.content} for turn in request.turns],
        "stream_options": {"include_usage": True},
    }
    if request.max_tokens is not None:
        name = "max_completion_tokens" if THINKING.search(request.model) else "max_tokens"
        body[name] = request.max_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.response_format is not None:
        body["response_format"] = request.response_format
        if "response_format" in request.learnt.refused and (words := instruction(request.response_format)):
            _tell(body["messages"], words)
    if request.cache_key is not None:
        # It caches by itself, for 30 minutes, the only lifetime there is; the key leads to where the prefix lies.
        body["prompt_cache_key"] = request.cache_key
    elif request.cache_off and CACHING.search(request.model):
        # Without marks of ours in it, nothing is cached.
        body["prompt_cache_options"] = {"mode": "explicit"}
    return body


def _tell(messages: list[dict[str, str]], words: str) -> None:
    """Add words to the system prompt: the templates of many models take one only, at the beginning."""
    if messages and messages[0]["role"] == "system":
        messages[0] = {"role": "system", "content": f"{messages[0]['content']}\n\n{words}"}
    else:
        messages.insert(0, {"role": "system", "content": words})
