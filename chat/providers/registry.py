"""Finds the provider for a kind. Each SDK costs a second and 30-60 MB: it is imported when first used."""

import asyncio
from importlib import import_module
from typing import Final, Protocol, cast

from chat import runtime
from chat.providers.base import Endpoint, Provider


class _Module(Protocol):
    def connect(self, endpoint: Endpoint) -> Provider: ...


KINDS: Final = {
    "openai": "chat.providers.openai.provider",
    "anthropic": "chat.providers.anthropic.provider",
    "demo": "chat.providers.demo",
}


class OpenProviders:
    """The providers that a process has used, with their connections. Used on the event loop."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, Endpoint], Provider] = {}

    async def find(self, kind: str, endpoint: Endpoint) -> Provider:
        """Return the one provider for `kind` at `endpoint`. Raises KeyError for an unknown kind."""
        key = (kind, endpoint)
        if key not in self._open:
            # Beside the event loop: an SDK takes its time.
            module = cast(_Module, await asyncio.to_thread(import_module, KINDS[kind]))
            if key not in self._open:
                self._open[key] = module.connect(endpoint)
        return self._open[key]

    async def close(self) -> None:
        """Close the connections of all."""
        while self._open:
            _, provider = self._open.popitem()
            await provider.aclose()


async def provider_for(kind: str, endpoint: Endpoint) -> Provider:
    """Return this process's provider for `kind` at `endpoint`; its connections are kept and shared.

    Raises KeyError for an unknown kind.
    """
    return await runtime.part(OpenProviders).find(kind, endpoint)


async def close_providers() -> None:
    """Close the connections of every provider that was used."""
    await runtime.part(OpenProviders).close()
