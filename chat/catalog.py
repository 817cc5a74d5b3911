"""The catalog of models: who may choose what, and how it is kept in step with the providers' own lists."""

import asyncio
import logging
import os
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from chat import database
from chat.errors import ChatError
from chat.models import ChatModel, Conversation, Generation, Price, Provider, SitePolicy
from chat.providers.base import Endpoint
from chat.providers.base import Provider as Source
from chat.providers.registry import provider_for
from chat.usage.pricelist import import_prices, prices_in_force
from chat.usage.window import import_windows

logger = logging.getLogger(__name__)

DEMO = "demo"
# Leaves room for the provider's name in front of it, should another provider have the same.
LONGEST_NAME = 100
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
# A provider's list names everything it serves; these words mark what cannot hold a conversation.
# fmt: off
NOT_FOR_CHAT = (
    "audio", "babbage", "clip", "computer-use", "dall-e", "davinci", "embed", "image", "instruct-0914",
    "moderation", "realtime", "rerank", "search-api", "sora", "speech", "transcribe", "tts", "whisper",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Choice:
    """A model somebody may choose, and its price per million tokens, None where no price is known."""

    name: str
    provider: str
    is_default: bool
    is_demo: bool
    input_per_million: Decimal | None
    output_per_million: Decimal | None
    currency: str | None

    @property
    def priced(self) -> bool:
        return self.input_per_million is not None

    @property
    def price(self) -> str:
        """Per million tokens, in and out, such as `$0.15 / $0.60`; empty where it is unknown."""
        if self.input_per_million is None or self.output_per_million is None:
            return ""
        if not self.input_per_million and not self.output_per_million:
            return "free"
        prices = (self.input_per_million, self.output_per_million)
        return " / ".join(_money(each, self.currency or "") for each in prices)


def _money(amount: Decimal, currency: str) -> str:
    plain = amount.normalize()
    places = -int(plain.as_tuple().exponent)
    number = f"{plain:.{max(2, places) if places > 0 else 0}f}"
    return SYMBOLS[currency] + number if currency in SYMBOLS else f"{number} {currency}"


def available(user: User) -> list[ChatModel]:
    """Return the models `user` may use, the default first; the demo only where there is nothing else.

    Where the site forbids models without a price they are left out.
    """
    rows = _usable()
    if SitePolicy.forbids_unpriced():
        priced = prices_in_force(rows, timezone.now())
        rows = [row for row in rows if row.pk in priced]
    real = [row for row in rows if row.provider.kind != Provider.Kind.DEMO]
    return real or rows


def unpriced() -> list[ChatModel]:
    """Return the models that could be used but for want of a price, or are used at a cost that nobody knows."""
    rows = _usable()
    priced = prices_in_force(rows, timezone.now())
    return [row for row in rows if row.pk not in priced]


def _usable(**those: str) -> list[ChatModel]:
    rows = ChatModel.objects.select_related("provider").filter(enabled=True, is_listed=True, provider__enabled=True)
    rows = rows.filter(**those)
    return [row for row in rows.order_by("-is_default", "position", "name") if row.provider.is_configured]


def choices(user: User) -> list[Choice]:
    """Return what the model picker shows, the default first."""
    rows = available(user)
    prices = prices_in_force(rows, timezone.now())
    return [_choice(row, prices.get(row.pk), is_default=row is rows[0]) for row in rows]


def _choice(row: ChatModel, price: Price | None, *, is_default: bool) -> Choice:
    return Choice(
        name=row.name,
        provider=row.provider.name,
        is_default=is_default,
        is_demo=row.provider.kind == Provider.Kind.DEMO,
        input_per_million=price.input_per_million if price else None,
        output_per_million=price.output_per_million if price else None,
        currency=price.currency if price else None,
    )


def choose(user: User, name: str | None, preferred: ChatModel | None = None) -> ChatModel:
    """Return the model called `name`, or without a name `preferred` if it may still be used, or the default.

    Raises ChatError `invalid_request` for a model this user cannot have.
    """
    if name and not SitePolicy.forbids_unpriced():
        # Most questions name a real model: the whole catalog need not be read for that.
        named = _usable(name=name)
        if named and named[0].provider.kind != Provider.Kind.DEMO:
            return named[0]
    rows = available(user)
    if name:
        found = next((row for row in rows if row.name == name), None)
        if found is None and any(row.name == name for row in _usable()) and SitePolicy.forbids_unpriced():
            message = f"“{name[:100]}” has no price, and this site asks only models that have one. Choose another."
            raise ChatError("invalid_request", message)
        if found is None:
            raise ChatError("invalid_request", f"There is no model called “{name[:100]}”. GET /api/models lists them.")
        return found
    if not rows:
        raise ChatError("invalid_request", "There is no model to ask. An admin can enable one or connect a provider.")
    return next((row for row in rows if preferred and row.pk == preferred.pk), rows[0])


async def connect(provider: Provider) -> Source:
    """Return the source of completions behind a provider's row."""
    patience = settings.CHAT_IDLE_TIMEOUT, settings.CHAT_FIRST_TOKEN_TIMEOUT
    endpoint = Endpoint(provider.address, provider.api_key, *patience)
    return await provider_for(provider.kind, endpoint)


@transaction.atomic
def ensure_providers() -> None:
    """Make the rows that the environment calls for: the demo always, and each provider whose variables are set."""
    demo, _ = Provider.objects.get_or_create(name=DEMO, defaults={"kind": Provider.Kind.DEMO})
    model, _ = ChatModel.objects.get_or_create(
        provider=demo, upstream_name=DEMO, defaults={"name": _free_name(DEMO, demo)}
    )
    if not model.prices.exists():
        nothing = Decimal(0)
        model.prices.create(
            input_per_million=nothing,
            output_per_million=nothing,
            origin=Price.Origin.BUILT_IN,
            valid_from=demo.created_at,
        )
    for kind, variables in (
        (Provider.Kind.OPENAI, ("OPENAI_API_KEY", "OPENAI_BASE_URL")),
        (Provider.Kind.ANTHROPIC, ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL")),
    ):
        if any(os.environ.get(variable, "").strip() for variable in variables):
            Provider.objects.get_or_create(name=kind.value, defaults={"kind": kind, "api_key_variable": variables[0]})


async def sync(seconds: float = 10.0) -> list[str]:
    """Read every provider's list of models into the catalog, and the prices of what is new.

    Returns a warning, ready to be printed, for each provider that did not answer within `seconds`.
    """
    await database.run(ensure_providers)
    providers = await database.run(
        lambda: [
            row
            for row in Provider.objects.filter(enabled=True).order_by("pk")
            if row.is_configured and row.name != DEMO
        ]
    )
    listed = await asyncio.gather(*(_list(provider, seconds) for provider in providers))
    warnings = []
    for provider, result in zip(providers, listed, strict=True):
        if isinstance(result, ChatError):
            warnings.append(f"{provider.name}: the list of models could not be read. {result.message}")
        else:
            try:
                await database.run(_store, provider, result)
            except DatabaseError:
                logger.exception("The models of %s could not be stored.", provider.name)
                warnings.append(f"{provider.name}: the list of models could not be stored.")
    await database.run(import_prices)
    await database.run(import_windows)
    return warnings


async def _list(provider: Provider, seconds: float) -> list[str] | ChatError:
    try:
        async with asyncio.timeout(seconds):
            return await (await connect(provider)).models()
    except ChatError as error:
        return error
    except TimeoutError:
        return ChatError("timeout", f"It did not answer within {seconds:g} s.")


@transaction.atomic
def _store(provider: Provider, names: list[str]) -> None:
    """Add models that are new. What an admin disabled or renamed stays so; what is listed no more is hidden."""
    provider.models.update(is_listed=Q(upstream_name__in=names))
    known = set(provider.models.values_list("upstream_name", flat=True))
    if not known:
        _give_way(provider, names)
    for position, name in enumerate(names):
        if name in known or not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
            continue
        known.add(name)
        provider.models.create(
            name=_free_name(name, provider),
            upstream_name=name,
            position=position,
            enabled=not any(word in name.lower() for word in NOT_FOR_CHAT),
        )


def _give_way(first: Provider, names: list[str]) -> None:
    """Rename models of later providers that are called as one of `first`, whose list comes for the first time.

    At a first start they may have answered sooner, which is no reason to have the plain name. What anybody has used
    stays as it is called.
    """
    later = ChatModel.objects.select_related("provider").filter(provider__gt=first.pk, name__in=names)
    used = Generation.objects.filter(model=OuterRef("pk")), Conversation.objects.filter(model=OuterRef("pk"))
    for model in later.filter(*(~Exists(rows) for rows in used)).exclude(provider__name=DEMO):
        model.name = _free_name(f"{model.provider.name}/{model.upstream_name}", model.provider)
        model.save(update_fields=["name"])


def _free_name(name: str, provider: Provider) -> str:
    """Return `name`, or provider/name where another provider's model has it, and so on until nobody has it."""
    while ChatModel.objects.filter(name=name).exists():
        name = f"{provider.name}/{name}"
    return name
