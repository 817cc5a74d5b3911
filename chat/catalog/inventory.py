"""Reads the providers' lists of models into the catalog: at the start, and again while a list is missing."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from chat import database
from chat.catalog.context_window import find_origins, import_windows
from chat.catalog.learnt import place_window
from chat.catalog.providers import DEMO, connect, ensure_providers, free_name
from chat.errors import ChatError
from chat.models import ChatModel, Conversation, Generation, Provider
from chat.providers.base import ModelFacts
from chat.usage.prices import import_prices

logger = logging.getLogger(__name__)

# How long a provider may take for its list.
LIST_SECONDS: Final = 10.0
# A list that is missing is asked for this often; whether one is missing is looked up in the database.
AGAIN: Final = timedelta(seconds=10)
LOOK_SECONDS: Final = 5.0
# Longer than reading a list and storing it takes: so long no other process reads the list.
CLAIMED: Final = timedelta(seconds=60)
# Leaves room for the provider's name in front, should another provider have the same model name.
LONGEST_NAME: Final = 100
LONGEST_ID: Final = 1000
# PostgreSQL's index has room for no more.
LONGEST_ID_BYTES: Final = 2400
NOTHING_YET: Final = "It has no models yet. They appear here by themselves once it has."
# A provider's list names everything it serves; these words mark what cannot hold a conversation.
# fmt: off
NOT_FOR_CHAT: Final = (
    "audio", "babbage", "clip", "computer-use", "dall-e", "davinci", "embed", "image", "instruct-0914",
    "moderation", "realtime", "rerank", "search-api", "sora", "speech", "transcribe", "tts", "whisper",
)
# fmt: on


async def sync(seconds: float = LIST_SECONDS, *, is_final: bool = True) -> list[str]:
    """Read every provider's list of models into the catalog, and the prices of what is new.

    Returns a note, ready to be printed, for each provider whose models are not there after `seconds`. Unless that
    `is_final`, `watch` is to look for them again at once.
    """
    await database.run(ensure_providers)
    await database.run(find_origins)
    enabled = Provider.objects.filter(enabled=True).exclude(name=DEMO).order_by("pk")
    providers = await database.run(lambda: [row for row in enabled if row.is_configured])
    notes = await _read(providers, seconds)
    await database.run(_complete)
    if not is_final and notes:
        missing = Provider.objects.filter(pk__in=[row.pk for row in notes])
        await database.run(lambda: missing.update(look_again_at=timezone.now(), list_problem=""))
    return [f"{row.name}: {note}" for row, note in notes.items()]


async def watch() -> None:
    """Look for what is missing, now and then, for as long as the process lives. One process at a time does."""
    while True:
        try:
            await look_again()
        except Exception:
            logger.exception("The providers' lists of models could not be looked for; it is tried again.")
        await asyncio.sleep(LOOK_SECONDS)


async def look_again() -> None:
    """Read the lists whose time has come, and log what changed."""
    providers = await database.run(_claim, timezone.now())
    if not providers:
        return
    notes = await _read(providers, LIST_SECONDS)
    if len(notes) < len(providers):
        await database.run(_complete)
    for provider in providers:
        note = notes.get(provider, "")
        if note and note != provider.list_problem:
            logger.log(logging.INFO if note == NOTHING_YET else logging.WARNING, "%s: %s", provider.name, note)
        elif not note:
            logger.info("%s: its models are there now.", provider.name)


def _claim(now: datetime) -> list[Provider]:
    """Return the providers whose lists are to be read now, and by nobody else."""
    due = Provider.objects.filter(enabled=True, look_again_at__lte=now)
    claimed = []
    for provider in due:
        mine = Provider.objects.filter(pk=provider.pk, look_again_at=provider.look_again_at)
        if provider.is_configured and mine.update(look_again_at=now + CLAIMED):
            claimed.append(provider)
    return claimed


async def _read(providers: list[Provider], seconds: float) -> dict[Provider, str]:
    """Read these lists. Returns a note for each provider whose models are not there."""
    listed = await asyncio.gather(*(_list(provider, seconds) for provider in providers))
    notes: dict[Provider, str] = {}
    for provider, result in zip(providers, listed, strict=True):
        if note := await database.run(_keep, provider, result):
            notes[provider] = note
    return notes


def _complete() -> None:
    """Fill in what else is known of models that have just been listed."""
    import_prices()
    import_windows()


async def _list(provider: Provider, seconds: float) -> list[ModelFacts] | ChatError:
    try:
        async with asyncio.timeout(seconds):
            return await (await connect(provider)).models()
    except ChatError as error:
        return error
    except TimeoutError:
        return ChatError("timeout", f"It did not answer within {seconds:g} s.")


def _keep(provider: Provider, result: list[ModelFacts] | ChatError) -> str:
    """Store a list, and whether it is to be read again. Returns what is wrong with it, in words."""
    if isinstance(result, ChatError):
        problem, is_missing = f"The list of models could not be read. {result.message}", result.retryable
    else:
        problem, is_missing = ("", False) if result else (NOTHING_YET, True)
        try:
            _store(provider, result)
        except DatabaseError:
            logger.exception("The models of %s could not be stored.", provider.name)
            problem, is_missing = "The list of models could not be stored.", True
    again = timezone.now() + AGAIN if is_missing else None
    Provider.objects.filter(pk=provider.pk).update(list_problem=problem[:500], look_again_at=again)
    return problem


@transaction.atomic
def _store(provider: Provider, listed: list[ModelFacts]) -> None:
    """Add models that are new. What an admin disabled or renamed stays so; what is listed no more is hidden."""
    if not listed:
        # Nothing is known of what it has; those that an admin added by hand stay.
        return
    # PostgreSQL takes no NUL, not even to look for it.
    names = [facts.id for facts in listed if _is_name(facts.id)]
    provider.models.update(is_listed=Q(upstream_name__in=names))
    known = {row.upstream_name: row for row in provider.models.all()}
    if not known:
        _give_way(provider, [shown(name) for name in names])
    left_out = 0
    for position, facts in enumerate(listed):
        row = known.get(facts.id)
        if row is None and not _is_name(facts.id):
            left_out += 1
            continue
        if row is None:
            row = known[facts.id] = provider.models.create(
                name=free_name(shown(facts.id), provider),
                upstream_name=facts.id,
                position=position,
                enabled=not any(word in facts.id.lower() for word in NOT_FOR_CHAT),
            )
        if changed := place_window(row, facts.context_window):
            row.save(update_fields=sorted(changed))
    if left_out:
        logger.warning("%s: %d models have names that cannot be used, and were left out.", provider.name, left_out)


def _is_name(name: str) -> bool:
    return name.isprintable() and 0 < len(name) <= LONGEST_ID and len(name.encode()) <= LONGEST_ID_BYTES


def shown(name: str) -> str:
    """Return what people see of a provider's name for a model: of a long path the end, which says most."""
    if len(name) <= LONGEST_NAME:
        return name
    end = name.rstrip("/")[-LONGEST_NAME:]
    _, slash, rest = end.partition("/")
    return rest if slash and rest else end or name[-LONGEST_NAME:]


def _give_way(first: Provider, names: list[str]) -> None:
    """Rename models of later providers that are called as one of `first`, whose list comes for the first time.

    At a first start they may have answered sooner, which is no reason to have the plain name. What anybody has used
    stays as it is called.
    """
    later = ChatModel.objects.select_related("provider").filter(provider__gt=first.pk, name__in=names)
    used = Generation.objects.filter(model=OuterRef("pk")), Conversation.objects.filter(model=OuterRef("pk"))
    for model in later.filter(*(~Exists(rows) for rows in used)).exclude(provider__name=DEMO):
        model.name = free_name(f"{model.provider.name}/{model.name}", model.provider)
        model.save(update_fields=["name"])
