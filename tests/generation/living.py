"""Generations that run in the process of the tests, and what they said."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from chat import database
from chat.events import Event, TextDelta
from chat.generation import live
from chat.generation.live import LiveGeneration
from chat.generation.retry_policy import Policy
from chat.generation.spec import GenerationSpec, Limits
from chat.generation.start import started
from chat.models import Generation, Message
from chat.providers.base import CompletionRequest
from chat.usage.ledger import Account
from tests.generation.scripted import REQUEST, Scripted

LIMITS = Limits(grace=60, total_seconds=60, policy=Policy(max_retries=0, max_continuations=0, idle_seconds=30))


def begin(row: Generation, source: Scripted, request: CompletionRequest = REQUEST, **limits: Any) -> LiveGeneration:
    async def connect() -> Scripted:
        return source

    return live.start(
        GenerationSpec(Account.of(row), started(row), request, connect, title=None, limits=replace(LIMITS, **limits))
    )


async def all_of(events: AsyncGenerator[Any, None]) -> list[Event]:
    async with aclosing(events):
        return [placed[1] async for placed in events if placed is not None]


def text_of(events: list[Event]) -> str:
    return "".join(event.content for event in events if isinstance(event, TextDelta))


async def stored(row: Generation) -> Message:
    return await database.run(lambda: Message.objects.select_related("generation").get(pk=row.message_id))


async def until_said(generation: LiveGeneration, text: str) -> None:
    while generation.log.content != text:
        await asyncio.sleep(0.005)
