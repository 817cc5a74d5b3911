"""What was used, and what it cost: sums over the daily totals, made by the database. One query each."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import Count, F, Field, Max, Min, Q, QuerySet, Sum

from chat.models import Correction, DailyTotal, UsageRecord
from chat.models.daily import TTFT_FIELDS
from chat.models.money import joined, parted
from chat.usage.latency import Buckets
from chat.usage.period import Period
from chat.usage.selection import Selection

K = TypeVar("K", bound=Hashable)
L = TypeVar("L", bound=Hashable)
EVERYTHING: Final = Selection()
# Django calls a function for each number of a page's hundred thousand, unless it is of no kind that it knows.
AS_IT_COMES: Final[Any] = Field()


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over some requests; a request is one attempt that reached a provider.

    Token sums are None where no request knew its own, and they leave out the ones that did not. `costs` is by
    currency, exact, and leaves out `unpriced` requests (there was no price for them) and `uncosted` ones (there was,
    but their tokens were never counted, or their web searches had none). `estimated` requests have counts of our own
    making.
    """

    requests: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    costs: Mapping[str, Decimal] = field(default_factory=dict)
    unpriced: int = 0
    uncosted: int = 0
    estimated: int = 0
    errors: int = 0

    @property
    def total_tokens(self) -> int | None:
        return _known((self.prompt_tokens, self.completion_tokens))

    @property
    def estimated_share(self) -> float | None:
        """From 0 to 1; None without requests."""
        return self.estimated / self.requests if self.requests else None

    @property
    def error_share(self) -> float | None:
        """From 0 to 1; None without requests."""
        return self.errors / self.requests if self.requests else None

    def __add__(self, other: "Figures") -> "Figures":
        return added((self, other))


def added(several: Iterable[Figures]) -> Figures:
    """Return the sums of all of them; thousands make a page, so they are not added one to the other."""
    several = tuple(several)
    if len(several) == 1:
        return several[0]
    costs: dict[str, Decimal] = {}
    for figures in several:
        for name, amount in figures.costs.items():
            costs[name] = costs.get(name, Decimal(0)) + amount
    return Figures(
        requests=sum([figures.requests for figures in several]),
        prompt_tokens=_known([figures.prompt_tokens for figures in several]),
        completion_tokens=_known([figures.completion_tokens for figures in several]),
        costs={name: costs[name] for name in sorted(costs)},
        unpriced=sum([figures.unpriced for figures in several]),
        uncosted=sum([figures.uncosted for figures in several]),
        estimated=sum([figures.estimated for figures in several]),
        errors=sum([figures.errors for figures in several]),
    )


@dataclass(frozen=True, slots=True)
class User:
    """A user of the ledger, by the latest name they had in the period."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the ledger."""

    provider: str
    name: str


def by_day_and_model(period: Period, chosen: Selection = EVERYTHING) -> dict[tuple[date, Model], Figures]:
    """Return the figures of every model on every day that it was used."""
    found = _sums(chosen.totals(period), "day", "provider", "model")
    return _folded(found, lambda key: (key[0], Model(key[1], key[2])))


def by_day(period: Period, chosen: Selection = EVERYTHING) -> dict[date, Figures]:
    """Return the figures of every day, in order; days without a request are there with zeros."""
    found = _folded(_sums(chosen.totals(period), "day"), lambda key: key[0])
    return {day: found.get(day, Figures()) for day in period}


def by_user(period: Period, chosen: Selection = EVERYTHING) -> dict[User, Figures]:
    """Return the figures of every user, the costliest first."""
    rows = list(_sums(chosen.totals(period, of_users=True), "user_id", "username", latest=Max("day")))
    names = {key[0]: key[1] for key, _, _ in sorted(rows, key=lambda row: row[2][0])}
    return costliest_first(_folded(rows, lambda key: User(key[0], names[key[0]])))


def by_model(period: Period, chosen: Selection = EVERYTHING) -> dict[Model, Figures]:
    """Return the figures of every model, the costliest first."""
    found = _sums(chosen.totals(period), "provider", "model")
    return costliest_first(_folded(found, lambda key: Model(key[0], key[1])))


def total(period: Period, chosen: Selection = EVERYTHING) -> Figures:
    """Return the figures of the whole period; where days are at hand, add those up instead."""
    return _folded(_sums(chosen.totals(period)), lambda key: key).get((), Figures())


def first_day() -> date | None:
    """Return the day of the first request that is known; None without any."""
    first: date | None = DailyTotal.by_model.aggregate(first=Min("day"))["first"]
    return first


def first_tokens(period: Period, chosen: Selection, *keys: str) -> dict[tuple[Any, ...], Buckets]:
    """Return how many first tokens came within each bucket of `latency.quantile`, by columns of the daily totals."""
    sums = {f"sum_{name}": Sum(name, output_field=AS_IT_COMES) for name in TTFT_FIELDS}
    rows = chosen.totals(period).values(*keys).annotate(**sums).values_list(*keys, *sums)
    return {row[: len(keys)]: row[len(keys) :] for row in rows}


def by_conversation(period: Period, chosen: Selection) -> dict[UUID, Figures]:
    """Return the figures of every conversation, the costliest first, from the ledger itself. Two queries."""
    records = chosen.records(period)
    sums: dict[str, Any] = {
        "requests": Count("pk"),
        "prompt": Sum("prompt_tokens"),
        "completion": Sum("completion_tokens"),
        "unpriced": Count("pk", filter=Q(price__isnull=True, cost__isnull=True)),
        "uncosted": Count("pk", filter=Q(price__isnull=False, cost__isnull=True)),
        "estimated": Count("pk", filter=Q(source=UsageRecord.Source.ESTIMATED)),
        "errors": Count("pk", filter=~Q(error_type="")),
        **parted("cost"),
    }
    rows: Iterable[Any] = records.values("conversation_id", "currency").annotate(**sums)
    found: dict[UUID, list[Figures]] = {}
    for row in rows:
        amount = joined(row["millionths"], row["rest"])
        figures = Figures(
            requests=row["requests"],
            prompt_tokens=row["prompt"],
            completion_tokens=row["completion"],
            costs={} if amount is None else {row["currency"]: amount},
            unpriced=row["unpriced"],
            uncosted=row["uncosted"],
            estimated=row["estimated"],
            errors=row["errors"],
        )
        found.setdefault(row["conversation_id"], []).append(figures)
    for name, change in _corrected(records):
        found.setdefault(name, []).append(change)
    return costliest_first({name: added(several) for name, several in found.items()})


def _corrected(records: QuerySet[UsageRecord]) -> Iterable[tuple[UUID, Figures]]:
    """What corrections change; the first of a record also makes it one whose cost is known."""
    changes = Correction.objects.filter(record__in=records).order_by("pk")
    name = F("record__conversation_id")
    for row in changes.values_list(
        name, "cost_before", "currency_before", "cost", "currency", "record__price_id", named=False
    ):
        conversation, before, currency_before, cost, currency, price = row
        yield conversation, Figures(costs={currency: cost})
        if before is not None:
            yield conversation, Figures(costs={currency_before: -before})
        else:
            yield conversation, Figures(unpriced=-int(price is None), uncosted=-int(price is not None))


def folded(found: Mapping[K, Figures], key: Callable[[K], L]) -> dict[L, Figures]:
    """Return the figures added up by what `key` makes of theirs."""
    several: dict[L, list[Figures]] = {}
    for one, figures in found.items():
        several.setdefault(key(one), []).append(figures)
    return {name: added(each) for name, each in several.items()}


def costliest_first(found: Mapping[K, Figures]) -> dict[K, Figures]:
    """Return the same in another order."""

    # Amounts in different currencies do not compare; the sum still puts the heavy ones on top.
    def weight(figures: Figures) -> tuple[Decimal, int, int]:
        return sum(figures.costs.values(), Decimal(0)), figures.total_tokens or 0, figures.requests

    return dict(sorted(found.items(), key=lambda item: weight(item[1]), reverse=True))


Row = tuple[tuple[Any, ...], Figures, tuple[Any, ...]]
SUMS: Final = (
    "prompt_tokens",
    "completion_tokens",
    "cost_millionths",
    "cost_rest",
    "requests",
    "unpriced",
    "uncosted",
    "errors",
)


def _sums(rows: QuerySet[DailyTotal], *keys: str, **more: Any) -> Iterable[Row]:
    """Yield keys, figures and `more` for each combination of keys and currency."""
    sums: dict[str, Any] = {
        **{f"sum_{name}": Sum(name, output_field=AS_IT_COMES) for name in SUMS},
        "sum_estimated": Sum("requests", filter=Q(source=UsageRecord.Source.ESTIMATED), output_field=AS_IT_COMES),
    }
    found = rows.values(*keys, "currency").annotate(**sums, **more).values_list(*keys, "currency", *sums, *more)
    width = len(keys)
    for row in found:
        currency, prompt, completion, millionths, rest, *counts, estimated = row[width : width + 10]
        amount = joined(millionths, rest)
        requests, unpriced, uncosted, errors = counts
        costs = {} if amount is None else {currency: amount}
        figures = Figures(
            requests, _whole(prompt), _whole(completion), costs, unpriced, uncosted, estimated or 0, errors
        )
        yield row[:width], figures, row[width + 10 :]


def _folded(rows: Iterable[Row], name: Callable[[tuple[Any, ...]], K]) -> dict[K, Figures]:
    several: dict[K, list[Figures]] = {}
    for key, figures, _ in rows:
        several.setdefault(name(key), []).append(figures)
    return {one: added(each) for one, each in several.items()}


def _whole(number: Any) -> int | None:
    # PostgreSQL adds up large whole numbers as decimals.
    return None if number is None else int(number)


def _known(numbers: Iterable[int | None]) -> int | None:
    """Return the sum of those that are known; None where none is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
