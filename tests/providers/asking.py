"""Asks a provider, and collects what comes."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

from chat.errors import ChatError
from chat.events import TextDelta, Upstream, Usage
from chat.providers.base import CompletionRequest, Provider, Turn, unheeded

KEY: Final = "sk-test-0123456789"
TURNS: Final = (Turn("system", "Be brief."), Turn("user", "How are you today?"))


async def collected(
    provider: Provider, request: CompletionRequest, sent: Callable[[], None] = unheeded
) -> list[Upstream]:
    """Return what a provider pushes for a request."""
    found: list[Upstream] = []
    await provider.stream(request, found.append, sent)
    return found


async def ask(provider: Provider, model: str, **parameters: Any) -> list[Upstream]:
    return await collected(provider, CompletionRequest(model, TURNS, **parameters))


async def failing(provider: Provider, model: str) -> tuple[list[Upstream], ChatError]:
    """Return what came before the error, and the error."""
    found: list[Upstream] = []

    async def collect() -> None:
        # A fault that goes unnoticed shall fail the test and not hold it up.
        async with asyncio.timeout(30):
            await provider.stream(CompletionRequest(model, TURNS), found.append)

    with pytest.raises(ChatError) as caught:
        await collect()
    return found, caught.value


def said(events: list[Upstream]) -> str:
    return "".join(event.content for event in events if isinstance(event, TextDelta))


def last_usage(events: list[Upstream]) -> Usage:
    """Return the count that counts."""
    return [event for event in events if isinstance(event, Usage)][-1]


def without_usage(events: list[Upstream]) -> list[Upstream]:
    return [event for event in events if not isinstance(event, Usage)]
