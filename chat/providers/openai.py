"""OpenAI and everything that speaks its chat completions."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Final

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Omit

from chat.providers.base import CompletionRequest, Endpoint, Learnt
from chat.providers.completion import CompletionDecoder
from chat.providers.remote import MODELS_TIMEOUT, Remote, from_response

# These refuse `max_tokens`: they think before they answer, and their limit includes the thoughts.
THINKING: Final = re.compile(r"(?:^|/)(?:o\d|gpt-[5-9])")


def connect(endpoint: Endpoint) -> "OpenAI":
    """Return a provider for `endpoint`; nothing is opened before the first request."""
    return OpenAI(endpoint)


class OpenAI(Remote):
    """See `chat.providers.base.Provider`."""

    @cached_property
    def _client(self) -> AsyncOpenAI:
        return AsyncOpenAI(
            # The SDK insists on a key; without one, `_headers` keeps it off the wire.
            api_key=self._endpoint.api_key or "none",
            base_url=self._endpoint.base_url,
            timeout=self._timeout,
            max_retries=0,
            http_client=self._http,
        )

    @cached_property
    def _headers(self) -> dict[str, str | Omit]:
        return {} if self._endpoint.api_key else {"Authorization": Omit()}

    def _decoder(self, learnt: Learnt) -> CompletionDecoder:
        return CompletionDecoder(learnt)

    @asynccontextmanager
    async def _ask(self, request: CompletionRequest) -> AsyncIterator[httpx2.Response]:
        create = self._client.chat.completions.with_streaming_response.create
        async with create(**_arguments(request), extra_headers=self._headers) as answer:
            yield answer.http_response

    async def _list(self) -> httpx2.Response:
        return await self._client.get(
            "/models", cast_to=httpx2.Response, options={"headers": self._headers, "timeout": MODELS_TIMEOUT}
        )

    def _plain(self, error: Exception) -> Exception:
        match error:
            case APIStatusError():
                return from_response(error.response, error.body)
            case APIConnectionError(__cause__=Exception() as cause):
                return cause
        return error


def _arguments(request: CompletionRequest) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "model": request.model,
        # Its own way to take them costs the SDK a third of a second for 2,000: it looks at the type of every field.
        "messages": [],
        "extra_body": {"messages": [{"role": turn.role, "content": turn.content} for turn in request.turns]},
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.max_tokens is not None:
        name = "max_completion_tokens" if THINKING.search(request.model) else "max_tokens"
        arguments[name] = request.max_tokens
    if request.temperature is not None:
        arguments["temperature"] = request.temperature
    if request.response_format is not None:
        arguments["response_format"] = request.response_format
    return arguments
