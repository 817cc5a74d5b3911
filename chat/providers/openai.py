"""OpenAI and everything that speaks its chat completions.

The SDK makes the request and reports failures before the stream; the stream itself is read as bytes, because the
SDK's typed stream costs more and passes a cut stream, an error body and an `event: error` as a regular end.
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from functools import cached_property
from time import monotonic
from typing import Any, Final

import httpx2
import msgspec
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Omit

from chat.errors import ChatError
from chat.events import Delta, Upstream
from chat.providers.base import CompletionRequest, Endpoint
from chat.providers.completion import CompletionDecoder, not_a_stream
from chat.providers.faults import from_body, from_transport, retry_after_seconds
from chat.providers.sse import EventDecoder, OversizedEventError

logger = logging.getLogger(__name__)

CONNECTIONS: Final = httpx2.Limits(max_connections=4096, max_keepalive_connections=128)
MODELS_TIMEOUT: Final = 10.0
# How long the usage may come after the finish, and the end of the body after [DONE]. Both are normally there at once;
# a body read to its end leaves a connection that the next question can use.
USAGE_LINGER: Final = 5.0
END_LINGER: Final = 0.1
# A body without any event is kept up to this size, to say what it was.
HEAD_BYTES: Final = 64 * 1024
# A shorter key is a word that somebody had to put there, such as "none".
MIN_KEY_CHARS: Final = 8
# These refuse `max_tokens`: they think before they answer, and their limit includes the thoughts.
THINKING = re.compile(r"(?:^|/)(?:o\d|gpt-[5-9])")


def connect(endpoint: Endpoint) -> "OpenAI":
    """Return a provider for `endpoint`; nothing is opened before the first request."""
    return OpenAI(endpoint)


class OpenAI:
    """See `chat.providers.base.Provider`.

    Pings do not count as words: a stream that carries nothing else for `idle_timeout` times out too.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @cached_property
    def _client(self) -> AsyncOpenAI:
        timeout = httpx2.Timeout(connect=5.0, write=10.0, pool=10.0, read=self._endpoint.idle_timeout)
        return AsyncOpenAI(
            # The SDK insists on a key; without one, `_headers` keeps it off the wire.
            api_key=self._endpoint.api_key or "none",
            base_url=self._endpoint.base_url,
            timeout=timeout,
            max_retries=0,
            # A redirect would carry the prompt to who knows whom.
            http_client=httpx2.AsyncClient(timeout=timeout, limits=CONNECTIONS, follow_redirects=False),
        )

    @cached_property
    def _headers(self) -> dict[str, str | Omit]:
        return {} if self._endpoint.api_key else {"Authorization": Omit()}

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[Upstream, None]:
        decoder = CompletionDecoder()
        try:
            async with aclosing(self._batches(request, decoder)) as batches:
                async for batch in batches:
                    for delta in batch:
                        yield delta
            end = decoder.end()
        except Exception as error:  # noqa: BLE001 - nothing but ChatError may leave a provider
            # A server that drops the line once it has finished has still finished.
            if isinstance(error, httpx2.TransportError) and decoder.ending:
                end = decoder.end()
            else:
                if decoder.usage is not None:
                    yield decoder.usage
                raise self._public(error, after_text=decoder.said) from None
        for event in end:
            yield event

    async def models(self) -> list[str]:
        try:
            async with asyncio.timeout(MODELS_TIMEOUT):
                response = await self._client.get(
                    "/models", cast_to=httpx2.Response, options={"headers": self._headers, "timeout": MODELS_TIMEOUT}
                )
                return _model_names(response.content)
        except TimeoutError:
            raise ChatError("timeout", "The provider did not list its models in time.") from None
        except Exception as error:  # noqa: BLE001 - the same
            raise self._public(error, after_text=False) from None

    async def aclose(self) -> None:
        if "_client" in vars(self):
            await self._client.close()

    def _public(self, error: Exception, *, after_text: bool) -> ChatError:
        """Return the ChatError for `error`, without its cause: what the SDK says may hold the key.

        Keys come in more forms than can be known, but this one is known.
        """
        public = error if isinstance(error, ChatError) else _chat_error(error, after_text=after_text)
        if public.code == "unknown":
            # A mistake of ours, most likely: where it happened must not get lost.
            logger.error("Unexpected %s", type(error).__name__, exc_info=error)
        key = self._endpoint.api_key
        if len(key) >= MIN_KEY_CHARS and key in public.message:
            public.message = public.message.replace(key, "[key]")
            public.args = (public.message,)
        return public

    async def _batches(
        self, request: CompletionRequest, decoder: CompletionDecoder
    ) -> AsyncGenerator[list[Delta], None]:
        """Yield what each read of the body adds to the answer, up to the body's end."""
        create = self._client.chat.completions.with_streaming_response.create
        async with create(**_arguments(request), extra_headers=self._headers) as answer:
            response = answer.http_response
            is_stream = "event-stream" in response.headers.get("content-type", "")
            events = EventDecoder()
            head = b""
            spoke = monotonic()
            async with aclosing(response.aiter_bytes()) as body:
                async for chunk in body:
                    if batch := decoder.decode_all(events.feed(chunk)):
                        yield batch
                        spoke = monotonic()
                    if decoder.ending or decoder.failure:
                        break
                    if not batch and monotonic() - spoke > self._endpoint.idle_timeout:
                        raise ChatError("timeout", "The provider keeps the line open but says nothing.")
                    if decoder.events == 0 and len(head) < HEAD_BYTES:
                        head += chunk
                    elif decoder.events == 0 and not is_stream:
                        break
                else:
                    yield decoder.decode_all(events.flush())
                if decoder.ending and not decoder.failure:
                    yield await _rest(body, events, decoder)
            if decoder.events == 0:
                raise not_a_stream(head)


async def _rest(body: AsyncIterator[bytes], events: EventDecoder, decoder: CompletionDecoder) -> list[Delta]:
    """Read what follows the finish: the usage, [DONE], the end of the body. None of it is worth a long wait."""
    deltas: list[Delta] = []
    with suppress(TimeoutError):
        if not decoder.done:
            async with asyncio.timeout(USAGE_LINGER):
                async for chunk in body:
                    deltas += decoder.decode_all(events.feed(chunk))
                    if decoder.done or decoder.failure:
                        break
        async with asyncio.timeout(END_LINGER):
            async for chunk in body:
                deltas += decoder.decode_all(events.feed(chunk))
    return deltas + decoder.decode_all(events.flush())


def _arguments(request: CompletionRequest) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": turn.role, "content": turn.content} for turn in request.turns],
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


def _chat_error(error: Exception, *, after_text: bool) -> ChatError:
    match error:
        case APIStatusError():
            body = error.body if error.body is not None else error.response.text
            return from_body(error.status_code, body, retry_after=retry_after_seconds(error.response.headers))
        case APIConnectionError():
            cause = error.__cause__
            return from_transport(cause if isinstance(cause, Exception) else None, after_text=after_text)
        case OversizedEventError():
            return ChatError("api_error", "The provider sent more in one piece than can be taken in.")
        case _:
            return from_transport(error, after_text=after_text)


def _model_names(body: bytes) -> list[str]:
    """Return the ids of a model list: `{"data": [{"id": ...}]}`, or the bare list that some servers send."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise ChatError("api_error", "The provider's list of models is not JSON. Check its address.") from None
    if isinstance(answer, dict) and answer.get("error"):
        raise from_body(None, answer)
    models = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(models, list):
        raise ChatError("api_error", "The provider's list of models is not a list.")
    return [model["id"] for model in models if isinstance(model, dict) and isinstance(model.get("id"), str)]
