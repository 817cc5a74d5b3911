"""What providers behind HTTP have in common: the connections, the order of a stream, errors without secrets.

An SDK makes the request and reports failures before the stream; `body.py` reads the stream itself.
"""

import asyncio
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import cached_property
from typing import Any, Final

import httpx2
import msgspec

from chat.errors import ChatError, Refusal, silence
from chat.events import Finished, Upstream
from chat.providers import limits
from chat.providers.base import CompletionRequest, Endpoint, Learnt, ModelFacts, Sink, push, unheeded
from chat.providers.context_window import listed_window, too_long
from chat.providers.decoder import MALFORMED, StreamDecoder
from chat.providers.errors import from_body, from_transport, refused, retry_after_seconds
from chat.providers.http.body import SinkError, read_answer
from chat.providers.http.client import told, watched
from chat.providers.http.decompression import bounded
from chat.providers.http.pool import transport
from chat.providers.sse import OversizedEventError
from chat.providers.unsupported_parameters import OPTIONAL, heeded, refused_parameters

logger = logging.getLogger(__name__)

CONNECTIONS: Final = httpx2.Limits(max_connections=4096, max_keepalive_connections=128)
MODELS_TIMEOUT: Final = 10.0
# A shorter key is a word that somebody had to put there, such as "none".
MIN_KEY_CHARS: Final = 8


# Headers that the environment never sets: whose key it is, and which dialect is spoken.
OURS: Final = frozenset({"authorization", "x-api-key", "anthropic-version"})


class HTTPProvider(ABC):
    """See `chat.providers.base.Provider`. A format adds its request, its decoder and its SDK's exceptions.

    Nothing is opened before the first request.
    """

    # What of a request may be left out where a server does not take it.
    _optional: frozenset[str] = OPTIONAL

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @abstractmethod
    def _decoder(self, learnt: Learnt) -> StreamDecoder:
        """Return the decoder for one stream of a model of which this was learnt."""

    @abstractmethod
    def _body(self, request: CompletionRequest) -> dict[str, Any]:
        """Return what is sent beside the model's name, as the format has it."""

    @abstractmethod
    def _ask(self, model: str, body: dict[str, Any]) -> AbstractAsyncContextManager[httpx2.Response]:
        """Make the request. The response's body has not been read, and is closed at the end."""

    @abstractmethod
    async def _list(self) -> httpx2.Response:
        """Ask for the list of models."""

    @abstractmethod
    def _plain(self, error: Exception) -> Exception:
        """Return what an exception of the SDK is about: a ChatError or the transport's; any other as it is."""

    def _ambient(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return which of the headers that an SDK took from the environment this provider is to have."""
        if not self._endpoint.heeds_environment:
            return {}
        return {name: value for name, value in headers.items() if name.lower() not in OURS}

    @property
    def _read_timeout(self) -> float:
        # Once the first word is there a connection of our own is told to wait no longer than for the next.
        return max(self._endpoint.idle_timeout, self._endpoint.first_token_timeout)

    @property
    def _timeout(self) -> httpx2.Timeout:
        return httpx2.Timeout(connect=5.0, write=10.0, pool=10.0, read=self._read_timeout)

    @cached_property
    def _http(self) -> httpx2.AsyncClient:
        # A redirect would carry the prompt to who knows whom.
        return httpx2.AsyncClient(
            timeout=self._timeout,
            transport=transport(self._endpoint.base_url),
            limits=CONNECTIONS,
            follow_redirects=False,
            event_hooks={"request": [watched], "response": [bounded(limits.LIST_BYTES, "list of models")]},
        )

    async def stream(self, request: CompletionRequest, sink: Sink, sent: Callable[[], None] = unheeded) -> None:
        decoder = self._decoder(request.learnt)
        fault: Exception | None = None
        end: list[Upstream] = []
        body: dict[str, Any] = {}
        try:
            body = heeded(self._body(request), request.learnt)
            if request.is_whole:
                body = {name: value for name, value in body.items() if name != "stream_options"} | {"stream": False}
            async with AsyncExitStack() as stack:
                with told(sent):
                    response = await stack.enter_async_context(self._ask(request.model, body))
                timeouts = self._endpoint.idle_timeout, self._endpoint.first_token_timeout
                await read_answer(response, decoder, sink, *timeouts)
            end = decoder.end()
        except SinkError as error:
            fault = error.reason
        except Exception as error:  # noqa: BLE001 - nothing but ChatError may leave a provider
            try:
                # A server that drops the connection once it has finished has still finished.
                is_whole = isinstance(error, httpx2.TransportError) and decoder.has_ended
                end = decoder.end() if is_whole else decoder.flush()
            except ChatError as judged:
                end, error = decoder.flush(), judged
            if not end or not isinstance(end[-1], Finished):
                fault = self._fault(error, decoder, body)
        finally:
            if decoder.malformed:
                logger.warning("%r sent %d malformed events, which were skipped.", request.model, decoder.malformed)
        await push(end, sink)
        if fault is not None:
            raise fault

    async def models(self) -> list[ModelFacts]:
        try:
            async with asyncio.timeout(MODELS_TIMEOUT):
                return _models((await self._list()).content)
        except TimeoutError:
            raise ChatError("timeout", "The provider did not list its models in time.") from None
        except Exception as error:  # noqa: BLE001 - the same
            raise self._public(error, after_text=False) from None

    async def aclose(self) -> None:
        if "_http" in vars(self):
            await self._http.aclose()

    def _public(self, error: Exception, *, after_text: bool) -> ChatError:
        """Return the ChatError for `error`, without its cause: what the SDK says may hold the key.

        Keys come in more forms than can be known, but this one is known.
        """
        plain = self._plain(error)
        if isinstance(plain, OversizedEventError):
            public = refused("The provider sent more in one piece than can be taken in.")
        else:
            public = plain if isinstance(plain, ChatError) else from_transport(plain, after_text=after_text)
        if public.code == "unknown":
            # A mistake of ours, most likely: where it happened must not get lost.
            logger.error("Unexpected %s", type(error).__name__, exc_info=error)
        public.message = self._without_key(public.message)
        public.args = (public.message,)
        return public

    def _fault(self, error: Exception, decoder: StreamDecoder, body: dict[str, Any]) -> ChatError:
        """Return how a stream failed, for a person, with what is to be learnt from it."""
        public = self._public(error, after_text=decoder.said)
        if isinstance(self._plain(error), httpx2.ReadTimeout):
            waited = self._endpoint.idle_timeout if decoder.said else self._endpoint.first_token_timeout
            public = silence(waited, has_begun=decoder.said)
        if not decoder.said:
            public.refusal = self._refusal(error, public, body)
        return public

    def _refusal(self, error: Exception, public: ChatError, body: dict[str, Any]) -> Refusal | None:
        """Return what is to be learnt from an error before the first word."""
        response = getattr(error, "response", None)
        if isinstance(response, httpx2.Response):
            status, words = response.status_code, response.text
        elif public.code == "api_error" and not public.retryable:
            status, words = None, public.message
        else:
            return None
        if public.code == "context_length":
            return too_long(words)
        if public.code != "api_error":
            return None
        parameters = refused_parameters(status, words, self._optional & body.keys())
        return Refusal(parameters) if parameters else None

    def _without_key(self, message: str) -> str:
        key = self._endpoint.api_key
        if len(key) < MIN_KEY_CHARS:
            return message
        message = message.replace(key, "[key]")
        # A long message is cut, perhaps in the middle of the key.
        for length in range(len(key) - 1, 3, -1):
            if message.endswith(f"{key[:length]}…"):
                return f"{message.removesuffix(f'{key[:length]}…')}[key]"
        return message


def from_response(response: httpx2.Response) -> ChatError:
    """Return the error for a response of another status than 200, which was read.

    The SDKs would give a part of its JSON only: what OpenAI's holds for the error may be half of what was said.
    """
    try:
        # It also reads halves of characters, which an error that was cut off ends with.
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        body = response.text
    return from_body(response.status_code, body, retry_after=retry_after_seconds(response.headers))


def _models(body: bytes) -> list[ModelFacts]:
    """Return the models of a model list: `{"data": [{"id": ...}]}`, or the bare list that some servers send."""
    if limits.is_crowded(body):
        raise refused("The provider's list of models has more in it than can be taken in.")
    try:
        answer = msgspec.json.decode(body)
    except MALFORMED:
        raise ChatError("api_error", "The provider's list of models is not JSON. Check its address.") from None
    if isinstance(answer, dict) and answer.get("error"):
        raise from_body(None, answer)
    models = answer
    if isinstance(answer, dict):
        # A server without models may leave the list out.
        is_list = "data" in answer or answer.get("object") == "list"
        models = answer.get("data") if is_list else answer
    if models is None:
        return []
    if not isinstance(models, list):
        raise ChatError("api_error", "The provider's list of models is not a list.")
    if len(models) > limits.MODELS:
        raise refused(f"The provider lists more than {limits.MODELS:,} models. Nobody could choose among them.")
    found = [model for model in models if isinstance(model, dict) and isinstance(model.get("id"), str)]
    return [ModelFacts(model["id"], listed_window(model)) for model in found]
