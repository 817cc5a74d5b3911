"""Stops generations. Holds those that this process writes; one of another process is stopped through its row.

One of this process is stopped directly. For any other its row takes the request, which the process that writes it
reads with each flush of its journal, four times a second.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from chat import database, runtime
from chat.errors import ChatError
from chat.models import ApiKey, Generation
from chat.usage.ledger import Account

DRAIN_STEP_SECONDS: Final = 0.02
# How long followers have to hear of the end when the server goes down.
FAREWELL_SECONDS: Final = 2.0


class Controlled(Protocol):
    """A generation under way in this process, as far as others may end it."""

    @property
    def account(self) -> Account: ...

    def stop(self) -> None:
        """Somebody asked for its end, or its conversation is gone. May be called from any thread."""
        ...

    def revoke(self) -> None:
        """Its owner may not be here any more."""
        ...

    def interrupt(self) -> None:
        """The server goes down."""
        ...

    def followed_elsewhere(self) -> None:
        """Another process has a follower of it."""
        ...

    @property
    def is_followed(self) -> bool:
        """Whether anybody follows it in this process."""
        ...


@dataclass
class Running:
    """The generations of this process, by their ids; how many are being started; whether it begins none any more."""

    by_id: dict[UUID, Controlled] = field(default_factory=dict)
    starting: int = 0
    is_closing: bool = False

    @contextmanager
    def begin(self) -> Iterator[None]:
        """Hold the server while a generation is being started. Raises ChatError `interrupted` when it is closing."""
        if self.is_closing:
            raise ChatError("interrupted", "The server is restarting. Try again in a moment.")
        self.starting += 1
        try:
            yield
        finally:
            self.starting -= 1

    async def finished(self) -> None:
        """Wait until no generation is under way, or about to be."""
        while self.by_id or self.starting:  # noqa: ASYNC110 - as `drain` does
            await asyncio.sleep(DRAIN_STEP_SECONDS)

    async def drain(self) -> None:
        """End every generation, keeping what it has said, and let no new one begin."""
        self.is_closing = True
        told: dict[UUID, Controlled] = {}
        while self.by_id or self.starting:
            told |= self.by_id
            for generation in list(self.by_id.values()):
                generation.interrupt()
            await asyncio.sleep(DRAIN_STEP_SECONDS)
        # Their followers still have to hear of it.
        for _ in range(int(FAREWELL_SECONDS / DRAIN_STEP_SECONDS)):
            if not any(generation.is_followed for generation in told.values()):
                break
            await asyncio.sleep(DRAIN_STEP_SECONDS)


def running() -> Running:
    """Return the generations of this process."""
    return runtime.part(Running)


@dataclass(frozen=True, slots=True)
class Request:
    """What the row of a generation says: whether it is to end, and when somebody last followed it elsewhere."""

    is_over: bool
    followed_at: datetime | None


# Asking


async def stop(user: User, generation_id: UUID) -> None:
    """Stop an answer of `user`'s; one that has ended stays as it is. Raises ChatError `not_found`."""
    there = Generation.objects.filter(message__conversation__deleted_at__isnull=True)
    if not await database.run(stop_all, there.filter(owner=user, pk=generation_id)):
        raise ChatError("not_found", "There is no such generation.")


def stop_all(generations: QuerySet[Generation]) -> int:
    """Stop those of the generations that are under way. Returns how many there are in all. Not on an event loop."""
    names = list(generations.values_list("pk", flat=True))
    here = running().by_id
    found = [here[name] for name in names if name in here]
    if len(found) < len(names):
        # Also one that this process is about to begin.
        elsewhere = Generation.objects.filter(pk__in=[name for name in names if name not in here])
        elsewhere.filter(finished_at__isnull=True).update(stop_requested_at=timezone.now())
    for generation in found:
        generation.stop()
    return len(names)


# Obeying


def requests(generation_ids: Iterable[UUID]) -> dict[UUID, Request]:
    """Return what is wanted of those of the generations whose rows are still there. One query."""
    rows = Generation.objects.filter(pk__in=generation_ids)
    fields = rows.values_list("pk", "stop_requested_at", "finished_at", "followed_at")
    return {name: Request(bool(stopped or finished), followed_at) for name, stopped, finished, followed_at in fields}


def obey(generation: Controlled, request: Request | None, followed_at: datetime | None) -> datetime | None:
    """Do what is wanted; without a row the conversation is gone. Returns when another process last had a follower.

    `followed_at` is what this returned the last time.
    """
    if request is None or request.is_over:
        generation.stop()
        return followed_at
    if request.followed_at != followed_at:
        generation.followed_elsewhere()
    return request.followed_at


async def revoke(generations: Iterable[Controlled]) -> None:
    """End those whose user was deactivated or deleted, or whose API key was revoked."""
    by_id = {generation.account.generation_id: generation for generation in generations}
    accounts = {name: generation.account for name, generation in by_id.items()}
    for name in await database.run(without_access, accounts):
        by_id[name].revoke()


def without_access(accounts: dict[UUID, Account]) -> list[UUID]:
    """Return the generations whose user was deactivated or deleted, or whose key was revoked."""
    users = {account.user_id for account in accounts.values()}
    keys = {account.api_key_id for account in accounts.values() if account.api_key_id is not None}
    active = set(User.objects.filter(pk__in=users, is_active=True).values_list("pk", flat=True))
    valid = set(ApiKey.in_force().filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    return [
        generation_id
        for generation_id, account in accounts.items()
        if account.user_id not in active or (account.api_key_id is not None and account.api_key_id not in valid)
    ]
