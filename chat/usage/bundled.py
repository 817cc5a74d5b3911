"""What genai-prices knows of a model: its price at a moment, in a context, and since when it holds.

Nothing is fetched: the data is as old as the installed package.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from chat import runtime
from chat.usage.cost import PLACES, Rates, Tier, UnitPrice
from chat.usage.price_context import parsed

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, Provider

# Models that only their vendor has: whoever serves one of these names resells it. Vendors are named as in genai-prices.
CLOSED_FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "openai": ("gpt-3.5", "gpt-4", "gpt-5", "gpt-6", "chatgpt-", "o1", "o3", "o4"),
    "anthropic": ("claude-",),
    "google": ("gemini-",),
    "x-ai": ("grok-",),
}
# Bedrock's names of such models; the region in front of them changes the price.
BEDROCK: Final = re.compile(r"(?:(?:[a-z]{2,6}|us-gov)\.)?(?:anthropic\.claude-|openai\.gpt-[56])")
# Services that a gateway names in front of a model, and who they are in genai-prices.
SERVICES: Final = {
    "azure": "azure",
    "azure_ai": "azure",
    "bedrock": "aws",
    "gemini": "google",
    "openrouter": "openrouter",
    "vertex_ai": "google",
}
# As Google lists its own: `models/gemini-…`, `publishers/google/models/gemini-…`, `google/gemini-…`.
GOOGLES_PATH: Final = re.compile(r"\A(?:(?:publishers/)?(?:google|anthropic)/)?(?:models/)?")
# Vertex puts the edition after an @.
AT_EDITION: Final = re.compile(r"@(?:default|latest|(\d{3}|\d{8}|\d{4}-\d{2}-\d{2}))\Z")
EDITION: Final = re.compile(r"-(latest|\d{3}|\d{8}|\d{4}-\d{2}-\d{2})\Z")
# A name with one of these words is no edition of a model whose own name has it not.
MODALITY: Final = re.compile("audio|embed|image|live|realtime|speech|transcribe|tts|video")
FREE: Final = UnitPrice(Rates(Decimal(0), Decimal(0)), "USD")
PRICE_KEYS: Final = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok")
# Charges for what is not counted here: a model with one of them has no price. Providers do not tell how many of the
# output tokens were pictures or sound.
INEXPRESSIBLE: Final = (
    "requests_kcount",
    "output_reasoning_mtok",
    "output_citation_mtok",
    "output_image_mtok",
    "output_audio_mtok",
    "output_video_mtok",
)


@dataclass(frozen=True, slots=True)
class Bundled:
    """A price that holds from `begin` (None: always did) until before `end` (None: no end is known)."""

    price: UnitPrice | None
    begin: datetime | None = None
    end: datetime | None = None

    def holds_at(self, at: datetime) -> bool:
        return (self.begin is None or self.begin <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Found:
    """A model of the data. `is_own`: from the price list of the service that serves it, not from its vendor's."""

    model: "ModelInfo | None"
    is_own: bool = True
    is_free: bool = False


class LastPrices:
    """The last price that was found for each (model, provider hint): mostly the price of now is asked for, again."""

    def __init__(self) -> None:
        self.by_model: dict[tuple[str, str], Bundled] = {}


def bundled_model(model_name: str, provider_hint: str = "") -> "ModelInfo | None":
    """Return a model as genai-prices knows it; None if it does not.

    `provider_hint` is the address that serves the model. The rule:

    1. The address is a hosted service's that the data knows, or the name begins with such a service as gateways put
       it (`bedrock/…`): that service's own price list answers, and no other.
    2. Anywhere else (a gateway, a proxy, a machine down the hall) only the exact name of a closed model is priced,
       at its vendor's price: `gpt-4o`, `claude-sonnet-4`, also as `openai/gpt-4o`, also with the date or `latest`
       of an edition; as Bedrock's it has Bedrock's price. Names of open models (`llama3.2:3b`, `gpt-oss-20b`) say
       nothing about who serves them at which price, so they have none until an admin enters it.
    """
    return _find(model_name, provider_hint).model


def bundled_price(model_name: str, provider_hint: str, at: datetime, context: str = "") -> Bundled:
    """Return what a `bundled_model` costs at a moment, in USD, and from when to when; no price where it has none.

    Where a price rises with the length of the prompt its tiers come along. A context has a price only where the data
    has one for just this context, from whoever serves the model, and for all that is charged.
    """
    last, key = runtime.part(LastPrices).by_model, (model_name, provider_hint)
    found = None if context else last.get(key)
    if found is None or not found.holds_at(at):
        found = _looked_up(_find(model_name, provider_hint), at, context)
        if not context:
            last[key] = found
    return found


def _looked_up(found: Found, at: datetime, context: str) -> Bundled:
    if found.is_free:
        return Bundled(None if context else FREE)
    if found.model is None:
        return Bundled(None)
    begin, end = _bounds(found.model, at, context)
    return Bundled(_price(found.model, at, context, is_own=found.is_own), begin, end)


@lru_cache(maxsize=8192)
def _find(model_name: str, provider_hint: str) -> Found:
    # Costs 0.3 s and 30 MB, or 0.04 s and 4 MB where the OpenAI SDK is loaded already.
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    name = AT_EDITION.sub(lambda found: f"-{found[1]}" if found[1] else "", model_name.strip().lower())
    try:
        hosted = snapshot.find_provider(None, None, provider_hint) if provider_hint else None
    except LookupError:
        hosted = None
    if hosted is None:
        service, _, rest = name.partition("/")
        if service in SERVICES and rest:
            hosted, name = snapshot.find_provider(None, SERVICES[service], None), rest
        elif BEDROCK.match(name):
            hosted = snapshot.find_provider(None, "aws", None)
    return _hosted(hosted, name, snapshot) if hosted else _closed(name, snapshot)


def _hosted(host: "Provider", name: str, snapshot: "DataSnapshot") -> Found:
    if host.id == "google":
        name = GOOGLES_PATH.sub("", name)
    model = host.find_model(name, all_providers=snapshot.providers)
    if model is not None and not set(MODALITY.findall(name)) <= set(MODALITY.findall(model.id)):
        model = None
    # The data lists OpenRouter's free ones without any price.
    is_free = host.id == "openrouter" and name.endswith(":free")
    return Found(model, is_own=any(model is one for one in host.models), is_free=is_free)


def _closed(name: str, snapshot: "DataSnapshot") -> Found:
    name = name.removeprefix("models/")
    vendor_prefix, slash, bare_name = name.rpartition("/")
    found = None
    for vendor in snapshot.providers:
        if bare_name.startswith(CLOSED_FAMILIES.get(vendor.id, ())) and (not slash or vendor_prefix == vendor.id):
            candidate = vendor.find_model(bare_name)
            found = candidate if candidate and _is_named(candidate, bare_name) else None
    return Found(found)


def _is_named(model: "ModelInfo", name: str) -> bool:
    """Whether `name` is one of the model's own names, not merely one that its pattern would match."""
    from genai_prices.types import ClauseEquals, ClauseOr

    clauses = model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]
    names = {model.id, *(clause.equals for clause in clauses if isinstance(clause, ClauseEquals))}
    return EDITION.sub("", name) in {EDITION.sub("", known) for known in names}


def _bounds(model: "ModelInfo", at: datetime, context: str) -> tuple[datetime | None, datetime | None]:
    """Return the last moment until then at which one of the data's prices begins or ends, and the first after it."""
    moments = sorted(_moments(model, at, context))
    return (
        next((moment for moment in reversed(moments) if moment <= at), None),
        next((moment for moment in moments if moment > at), None),
    )


def _moments(model: "ModelInfo", at: datetime, context: str) -> Iterator[datetime]:
    """Yield when prices change: on dates, and at times of the day before, of that day and of the one after it."""
    from genai_prices.types import ModelPrice, StartDateConstraint, TimeOfDateConstraint

    conditional = [] if isinstance(model.prices, ModelPrice) else [price.constraint for price in model.prices]
    given = parsed(context)
    variants = [variant.constraint for variant in model.price_variants or () if variant.when == given]
    for constraint in (*conditional, *variants):
        if isinstance(constraint, StartDateConstraint):
            yield datetime.combine(constraint.start_date, time.min, UTC)
        elif isinstance(constraint, TimeOfDateConstraint):
            for days in (-1, 0, 1):
                day = at.astimezone(UTC).date() + timedelta(days=days)
                for each in (constraint.start_time, constraint.end_time):
                    moment = datetime.combine(day, each)
                    yield moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _price(model: "ModelInfo", at: datetime, context: str, *, is_own: bool) -> UnitPrice | None:
    standard = model.get_prices(at)
    if not context:
        return _unit_price(standard)
    given = parsed(context)
    variants = [
        variant.prices
        for variant in model.price_variants or ()
        if variant.when == given and (variant.constraint is None or variant.constraint.active(at))
    ]
    charged = {key for key in PRICE_KEYS if getattr(standard, key) is not None}
    if not is_own or not any(charged <= set(prices.__dict__) for prices in variants):
        return None
    return _unit_price(model.get_prices(at, given))


def _unit_price(prices: "ModelPrice") -> UnitPrice | None:
    from genai_prices.types import TieredPrices

    found = {key: getattr(prices, key, None) for key in (*PRICE_KEYS, *INEXPRESSIBLE)}
    if found["input_mtok"] is None or found["output_mtok"] is None or any(found[key] for key in INEXPRESSIBLE):
        return None

    def rates(prompt_tokens: int) -> Rates:
        def amount(key: str) -> Decimal | None:
            price = found[key]
            if isinstance(price, TieredPrices):
                tiers = [tier.price for tier in price.tiers if prompt_tokens > tier.start]
                price = tiers[-1] if tiers else price.base
            # Some prices in the data went through binary floats: 0.18000000000000002.
            return None if price is None else round(Decimal(price), PLACES)

        into, out, *cache = (amount(key) for key in PRICE_KEYS)
        assert into is not None  # noqa: S101 - looked at above
        assert out is not None  # noqa: S101 - looked at above
        return Rates(into, out, *cache)

    tiered = (price.tiers for price in found.values() if isinstance(price, TieredPrices))
    starts = sorted({tier.start for tiers in tiered for tier in tiers})
    tiers = tuple(Tier(start, rates(start + 1)) for start in starts)
    searches = getattr(prices, "web_searches_kcount", None)
    return UnitPrice(rates(0), "USD", tiers, round(searches, PLACES) if isinstance(searches, Decimal) else None)
