"""Which price holds for a model: the rows, and where they come from when no admin entered one."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from chat.models import ChatModel, Price, PriceTier, Provider
from chat.usage.pricing import PLACES, Rates, Tier, UnitPrice

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

# Models whose weights nobody else has: whoever serves one of these names resells the vendor's. Vendors are named
# as in genai-prices.
CLOSED_FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "openai": ("gpt-3.5", "gpt-4", "gpt-5", "gpt-6", "chatgpt-", "o1", "o3", "o4"),
    "anthropic": ("claude-",),
    "google": ("gemini-",),
    "x-ai": ("grok-",),
}
EDITION = re.compile(r"-(latest|\d{3}|\d{8}|\d{4}-\d{2}-\d{2})\Z")
# Charges that tokens at two prices cannot express; a model with one of them has no price here.
INEXPRESSIBLE: Final = ("requests_kcount", "output_reasoning_mtok", "output_citation_mtok")


def bundled_model(model_name: str, provider_hint: str = "") -> "ModelInfo | None":
    """Return a model as the data knows it that genai-prices brings along; None if it does not.

    `provider_hint` is the address that serves the model. The rule:

    1. The address is a hosted service's that the data knows: that service's own price list answers, and no other.
    2. Anywhere else (a gateway, a proxy, a machine down the hall) only the exact name of a closed model is priced,
       at its vendor's price: `gpt-4o`, `claude-sonnet-4`, also as `openai/gpt-4o`, also with the date or `latest`
       of an edition. Names of open models (`llama3.2:3b`, `gpt-oss-20b`) say nothing about who serves them at
       which price, so they have none until an admin enters it.

    Nothing is fetched: the data is as old as the installed package.
    """
    # Costs 0.3 s and 30 MB, or 0.04 s and 4 MB where the OpenAI SDK is loaded already.
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    name = model_name.strip().lower()
    try:
        hosted = snapshot.find_provider(None, None, provider_hint) if provider_hint else None
    except LookupError:
        hosted = None
    if hosted:
        return hosted.find_model(name, all_providers=snapshot.providers)
    vendor_prefix, slash, bare_name = name.rpartition("/")
    found = None
    for vendor in snapshot.providers:
        if bare_name.startswith(CLOSED_FAMILIES.get(vendor.id, ())) and (not slash or vendor_prefix == vendor.id):
            candidate = vendor.find_model(bare_name)
            found = candidate if candidate and _is_named(candidate, bare_name) else None
    return found


def bundled_price(model_name: str, provider_hint: str = "") -> UnitPrice | None:
    """Return today's price of a `bundled_model` in USD; None if it has none.

    Where a price rises with the length of the prompt its tiers come along, and where it changes with the hour it is
    that of 12:00 UTC.
    """
    found = bundled_model(model_name, provider_hint)
    noon = datetime.now(UTC).replace(hour=12)
    return _unit_price(found.get_prices(noon)) if found else None


def _is_named(model: "ModelInfo", name: str) -> bool:
    """Whether `name` is one of the model's own names, not merely one that its pattern would match."""
    from genai_prices.types import ClauseEquals, ClauseOr

    clauses = model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]
    names = {model.id, *(clause.equals for clause in clauses if isinstance(clause, ClauseEquals))}
    return EDITION.sub("", name) in {EDITION.sub("", known) for known in names}


def _unit_price(prices: "ModelPrice") -> UnitPrice | None:
    from genai_prices.types import TieredPrices

    keys = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok")
    found = {key: getattr(prices, key, None) for key in (*keys, *INEXPRESSIBLE)}
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

        into, out, *cache = (amount(key) for key in keys)
        assert into is not None  # noqa: S101 - looked at above
        assert out is not None  # noqa: S101 - looked at above
        return Rates(into, out, *cache)

    tiered = (price.tiers for price in found.values() if isinstance(price, TieredPrices))
    starts = sorted({tier.start for tiers in tiered for tier in tiers})
    return UnitPrice(rates(0), "USD", tuple(Tier(start, rates(start + 1)) for start in starts))


def unit_price(price: Price) -> UnitPrice:
    """Return a row's price, with its tiers, as a plain value."""
    tiers = sorted(price.tiers.all(), key=lambda tier: tier.above_tokens)
    return UnitPrice(_rates(price), price.currency, tuple(Tier(tier.above_tokens, _rates(tier)) for tier in tiers))


def _rates(row: Price | PriceTier) -> Rates:
    return Rates(
        row.input_per_million,
        row.output_per_million,
        row.cached_input_per_million,
        row.cache_write_per_million,
        row.long_cache_write_per_million,
    )


def _columns(rates: Rates) -> dict[str, Decimal | None]:
    return {
        "input_per_million": rates.input,
        "output_per_million": rates.output,
        "cached_input_per_million": rates.cached,
        "cache_write_per_million": rates.cache_write,
        "long_cache_write_per_million": rates.long_cache_write,
    }


def in_force(at: datetime) -> QuerySet[Price]:
    """The prices that hold at that moment, one for each model that has any: of those begun, the newest."""
    newest = Price.objects.filter(model=OuterRef("model"), valid_from__lte=at).order_by("-valid_from", "-id")
    return Price.objects.filter(pk=Subquery(newest.values("pk")[:1]))


def price_in_force(model_id: int, at: datetime) -> Price | None:
    """Return the price that holds for the model at that moment; None if it has none, or is there no more."""
    return Price.objects.filter(model=model_id, valid_from__lte=at).order_by("-valid_from", "-id").first()


def prices_in_force(models: Iterable[ChatModel], at: datetime) -> dict[int, Price]:
    """Return the prices that hold at that moment by the models' ids, in one query; models without one are absent."""
    return {price.model_id: price for price in in_force(at).filter(model__in=[model.pk for model in models])}


def import_prices() -> int:
    """Add today's bundled price to every enabled model that has no price, or an older bundled one.

    Rows that exist are never touched, and a model whose newest price was entered by an admin is left alone.
    Returns how many rows were added.
    """
    with transaction.atomic():
        # The lock lets of two imports at once only one find a price missing.
        models = (
            ChatModel.objects.filter(enabled=True)
            .exclude(provider__kind=Provider.Kind.DEMO)
            .select_related("provider")
            .select_for_update(of=("self",))
        )
        newest: dict[int, Price] = {}
        prices = Price.objects.filter(model__in=[model.pk for model in models]).prefetch_related("tiers")
        for price in prices.order_by("valid_from", "id"):
            newest[price.model_id] = price
        now = timezone.now()
        added, tiers = [], []
        for model in models:
            latest = newest.get(model.pk)
            if latest and latest.origin != Price.Origin.BUNDLED:
                continue
            bundled = bundled_price(model.upstream_name, model.provider.address)
            if bundled is None or (latest and unit_price(latest) == bundled):
                continue
            price = Price(
                model=model,
                valid_from=now,
                currency=bundled.currency,
                origin=Price.Origin.BUNDLED,
                **_columns(bundled.rates),
            )
            added.append(price)
            tiers += [PriceTier(price=price, above_tokens=t.above, **_columns(t.rates)) for t in bundled.tiers]
        Price.objects.bulk_create(added)
        PriceTier.objects.bulk_create(tiers)
        return len(added)
