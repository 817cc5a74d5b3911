"""Compares the ledger with what the providers say they charged, by day and model."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal, localcontext
from typing import Final

from chat import database
from chat.errors import ChatError
from chat.models import ChatModel, Provider
from chat.models.money import PLACES
from chat.providers.bill import Item, bill
from chat.usage import reports
from chat.usage.period import Period
from chat.usage.reports import Figures
from chat.usage.selection import Selection

# Of a model's name: what edition of it answered. Bills always tell that, requests seldom do.
EDITION: Final = re.compile(r"-(?:latest|\d{3,4}|\d{8}|\d{4}-\d{2}-\d{2})\Z")
FINE_TUNED: Final = re.compile(r"ft:([^:]+):.*")
EXACT: Final = Context(prec=100)
NO_ACCOUNT: Final = "keeps no account that could be read; only OpenAI and Anthropic do, at their own addresses"


@dataclass(frozen=True, slots=True)
class Line:
    """A day (UTC) of a model, in one currency; or of something on the bill that is no model of ours.

    `theirs` is None where the bill does not have it; `ours` where the ledger has no request, or knows no cost of any.
    `names` are the editions and other names that it is made of.
    """

    day: date
    name: str
    names: tuple[str, ...]
    currency: str
    theirs: Decimal | None
    ours: Decimal | None

    @property
    def difference(self) -> Decimal:
        """How much more the provider charged than the ledger knows of."""
        return (self.theirs or Decimal(0)) - (self.ours or Decimal(0))


@dataclass(frozen=True, slots=True)
class Account:
    """A provider's account, or that of several that share one; `lines` from the first day on, the costliest first.

    `problem` is a sentence where it could not be read; `is_asked` says whether it should have been. `booked` is what
    the ledger has for it, all models and days together.
    """

    providers: tuple[str, ...]
    is_asked: bool = True
    problem: str = ""
    lines: tuple[Line, ...] = ()
    booked: Figures = field(default_factory=Figures)

    @property
    def name(self) -> str:
        return ", ".join(self.providers)

    @property
    def totals(self) -> dict[str, Line]:
        """The sums by currency, as a line each."""
        found: dict[str, Line] = {}
        for line in self.lines:
            so_far = found.get(line.currency)
            theirs, ours = (so_far.theirs, so_far.ours) if so_far else (None, None)
            found[line.currency] = Line(
                line.day, "Total", (), line.currency, _sum(theirs, line.theirs), _sum(ours, line.ours)
            )
        return found

    @property
    def gaps(self) -> str:
        """What of the ledger cannot be exact: 2 were estimated, 1 has no price; empty where all of it is."""
        booked = self.booked
        parts = [
            (booked.estimated, "was estimated", "were estimated"),
            (booked.unpriced, "has no price", "have no price"),
            (booked.uncosted, "was never counted", "were never counted"),
        ]
        said = [f"{number:,} {one if number == 1 else many}" for number, one, many in parts if number]
        if not said:
            return ""
        requests = f"{booked.requests:,} request{'' if booked.requests == 1 else 's'}"
        return f"Of our {requests} {', '.join(said)}."


async def reconcile(period: Period) -> list[Account]:
    """Return the accounts of all providers, each with its bill beside the ledger. Asks the providers at once."""
    rows = await database.run(lambda: list(Provider.objects.exclude(kind=Provider.Kind.DEMO).order_by("name")))
    shared: dict[tuple[str, str, str], list[Provider]] = {}
    for row in rows:
        key = row.admin_key
        # Providers with one key have one account.
        shared.setdefault((row.kind, row.address, key) if key else (row.name, "", ""), []).append(row)
    return list(await asyncio.gather(*(_account(sharing, period) for sharing in shared.values())))


async def _account(sharing: list[Provider], period: Period) -> Account:
    names = tuple(row.name for row in sharing)
    row = sharing[0]
    booked = await database.run(_booked, names, period)
    total = reports.added(booked.values())
    if not row.admin_variable:
        return Account(names, is_asked=False, problem=f"{row.name} {NO_ACCOUNT}.", booked=total)
    if not row.admin_key:
        problem = f"{row.name} was not asked: the variable {row.admin_variable} holds no key."
        return Account(names, problem=problem, booked=total)
    try:
        items = await bill(row.kind, row.address, row.admin_key, period.first, period.last)
    except ChatError as error:
        return Account(names, problem=f"{row.name}: {error.message} ({row.admin_variable})", booked=total)
    return Account(names, lines=tuple(compared(items, booked)), booked=total)


def _booked(providers: Iterable[str], period: Period) -> dict[tuple[date, str], Figures]:
    """Return what the ledger has, corrections included, by day and the provider's own name of the model."""
    found: dict[tuple[date, str], list[Figures]] = {}
    for provider in providers:
        known = dict(ChatModel.objects.filter(provider__name=provider).values_list("name", "upstream_name"))
        for (day, model), figures in reports.by_day_and_model(period, Selection(provider=provider)).items():
            name = known.get(model.name, model.name.removeprefix(f"{provider}/"))
            found.setdefault((day, name), []).append(figures)
    return {key: reports.added(several) for key, several in found.items()}


def compared(items: Iterable[Item], booked: Mapping[tuple[date, str], Figures]) -> list[Line]:
    """Return both sides by day, model and currency, the newest day last; what only one side has is a line of its own.

    A bill names the edition that answered (`gpt-4o-2024-08-06`), a request mostly does not (`gpt-4o`): editions of a
    model are one line. Their amounts are rounded to the 12 places that ours have, once they are added up.
    """
    theirs: dict[tuple[date, str, str], Decimal] = {}
    ours: dict[tuple[date, str, str], Decimal | None] = {}
    names: dict[tuple[date, str, str], set[str]] = {}
    with localcontext(EXACT):
        for item in items:
            key = item.day, _plain(item.model) if item.model else item.label, item.currency
            theirs[key] = theirs.get(key, Decimal(0)) + item.amount
            names.setdefault(key, set()).add(item.model or item.label)
        for (day, model), figures in booked.items():
            known: Mapping[str, Decimal | None] = figures.costs or {"USD": None}
            for currency, amount in known.items():
                key = day, _plain(model), currency
                ours[key] = _sum(ours.get(key), amount)
                names.setdefault(key, set()).add(model)
        lines = [
            Line(
                *key[:2],
                tuple(sorted(names[key] - {key[1]})),
                key[2],
                round(theirs[key], PLACES) if key in theirs else None,
                ours.get(key),
            )
            for key in names
        ]
    return sorted(lines, key=lambda line: (line.day, -max(line.theirs or 0, line.ours or 0), line.name, line.currency))


def _plain(model: str) -> str:
    """Return a model's name without its edition, and a fine-tuned one's as bills have it."""
    name = FINE_TUNED.sub(r"ft-\1", model.strip().lower()).rpartition("/")[2]
    return EDITION.sub("", name)


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if one is None else one if other is None else one + other
