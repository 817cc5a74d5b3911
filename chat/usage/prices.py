"""Which price holds for a model: the rows, and where they come from when no admin entered one.

A price is looked up by the moment at which the request was made, and by what the provider charged it by (its context,
empty for the standard). What holds:

1. The newest row of that context that had begun by then, where an admin entered it.
2. The one that genai-prices knows for that moment (`bundled.py`). Where the row in force is another, a row is added
   that begins when the price did: prices that go by the hour or begin on a date need no restart, and whoever looks up
   the same moment later, in any order, finds the same row.
3. For a tier neither of them, once an admin has entered a standard price: what was agreed on for it nobody knows.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from chat import runtime
from chat.models import ChatModel, Price, PriceTier, Provider
from chat.usage.bundled import Bundled, bundled_price
from chat.usage.cost import Rates, Tier, UnitPrice

MOST_KEPT: Final = 2000


class UnitPrices:
    """Prices as plain values, by id and time of creation: rows and their tiers never change."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, datetime], UnitPrice] = {}


def unit_price(price: Price) -> UnitPrice:
    """Return a row's price, with its tiers, as a plain value. One query the first time."""
    known, key = runtime.part(UnitPrices).known, (price.pk, price.created_at)
    found = known.get(key)
    if found is None:
        if len(known) >= MOST_KEPT:
            known.clear()
        tiers = sorted(price.tiers.all(), key=lambda tier: tier.above_tokens)
        found = known[key] = UnitPrice(
            _rates(price),
            price.currency,
            tuple(Tier(tier.above_tokens, _rates(tier)) for tier in tiers),
            price.searches_per_thousand,
        )
    return found


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
    """The standard prices that hold at that moment, one for each model that has any: of those begun, the newest."""
    newest = Price.objects.filter(model=OuterRef("model"), context="", valid_from__lte=at).order_by(
        "-valid_from", "-id"
    )
    return Price.objects.filter(pk=Subquery(newest.values("pk")[:1]))


def price_in_force(model_id: int, at: datetime, context: str = "") -> Price | None:
    """Return the price that holds for the model at that moment; None if it has none, or is there no more.

    Its model and provider come along. A row may be added.
    """
    row = _row(model_id, at, context)
    if row is not None and row.origin != Price.Origin.BUNDLED:
        return row
    standard = _row(model_id, at, "") if context else None
    if standard is not None and standard.origin != Price.Origin.BUNDLED:
        return None
    model = row.model if row else ChatModel.objects.select_related("provider").filter(pk=model_id).first()
    due = _due(model, at, context) if model else Bundled(None)
    if model is None or due.price is None:
        # The package may have forgotten a model; a tier that has no price any more is another matter.
        return None if context else row
    if row is not None and unit_price(row) == due.price:
        return row
    with transaction.atomic():
        # Of two that find the row missing one waits here, then finds it.
        list(ChatModel.objects.select_for_update(no_key=True).filter(pk=model_id).values_list("pk"))
        row = _row(model_id, at, context)
        if row is None or (row.origin == Price.Origin.BUNDLED and unit_price(row) != due.price):
            _add(_rows(model, row, due, at, context))
            row = _row(model_id, at, context)
    return row


def _row(model_id: int, at: datetime, context: str) -> Price | None:
    begun = Price.objects.filter(model=model_id, context=context, valid_from__lte=at)
    return begun.select_related("model__provider").order_by("-valid_from", "-id").first()


def _due(model: ChatModel, at: datetime, context: str = "") -> Bundled:
    if model.provider.kind == Provider.Kind.DEMO:
        return Bundled(None)
    return bundled_price(model.upstream_name, model.provider.address, at, context)


Made = tuple[Price, list[PriceTier]]


def _rows(model: ChatModel, held: Price | None, due: Bundled, at: datetime, context: str = "") -> list[Made]:
    """Return the rows that make `due` hold at a moment at which `held` did.

    Where its end is over another one takes over from it: the hours after it have been charged already.
    """
    assert due.price is not None  # noqa: S101 - nothing is added for a price that is not known
    # A price that came with a newer package, and not by the clock, holds from now on.
    begin = at if due.begin is None or (held is not None and due.begin < held.valid_from) else due.begin
    rows = [_made(model, begin, due.price, context)]
    if due.end is not None and due.end <= timezone.now():
        later = Price.objects.filter(model=model, context=context, valid_from__gt=at, valid_from__lte=due.end)
        after = _due(model, due.end, context).price
        if after is not None and not later.exists():
            rows.append(_made(model, due.end, after, context))
    return rows


def _made(model: ChatModel, begin: datetime, price: UnitPrice, context: str) -> Made:
    row = Price(
        model=model,
        context=context,
        valid_from=begin,
        currency=price.currency,
        searches_per_thousand=price.searches,
        origin=Price.Origin.BUNDLED,
        **_columns(price.rates),
    )
    return row, [PriceTier(price=row, above_tokens=tier.above, **_columns(tier.rates)) for tier in price.tiers]


def _add(made: Iterable[Made]) -> None:
    rows, tiers = [], []
    for row, its_tiers in made:
        rows.append(row)
        tiers += its_tiers
    Price.objects.bulk_create(rows)
    PriceTier.objects.bulk_create(tiers)


def prices_in_force(models: Iterable[ChatModel], at: datetime) -> dict[int, Price]:
    """Return the standard prices that hold at that moment by the models' ids, in one query; without one it is absent.

    To be shown: those by the hour are as they are now, though their row may not be there yet.
    """
    by_id = {model.pk: model for model in models}
    rows = in_force(at).filter(model__in=list(by_id))
    return {row.model_id: shown(by_id[row.model_id], row, at) for row in rows}


def shown(model: ChatModel, row: Price, at: datetime) -> Price:
    """Return a standard price that was in force as it is at a moment; not to be stored, and without its tiers."""
    due = _due(model, at).price if row.origin == Price.Origin.BUNDLED else None
    return row if due is None or due.rates == _rates(row) else _made(model, at, due, "")[0]


def import_prices() -> int:
    """Add the bundled price that holds now to every enabled model that has no price, or another bundled one.

    Rows that exist are never touched, and a model whose price was entered by an admin is left alone. Returns how many
    rows were added.
    """
    with transaction.atomic():
        # The lock lets of two imports at once only one find a price missing.
        models = (
            ChatModel.objects.filter(enabled=True)
            .exclude(provider__kind=Provider.Kind.DEMO)
            .select_related("provider")
            .order_by("pk")
            .select_for_update(of=("self",), no_key=True)
        )
        now = timezone.now()
        held = in_force(now).filter(model__in=[model.pk for model in models]).prefetch_related("tiers")
        by_model = {row.model_id: row for row in held}
        made: list[Made] = []
        for model in models:
            row = by_model.get(model.pk)
            if row is not None and row.origin != Price.Origin.BUNDLED:
                continue
            due = _due(model, now)
            if due.price is not None and (row is None or unit_price(row) != due.price):
                made += _rows(model, row, due, now)
        _add(made)
        return len(made)
