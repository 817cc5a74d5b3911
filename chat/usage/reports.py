"""What was used, and what it cost: sums over the ledger, made by the database."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Self, TypeVar

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from chat.models import UsageRecord

MAX_DAYS: Final = 366
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Period:
    """Days in UTC, both ends included. Raises ValueError, with a sentence for people, where it makes no sense."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("The first day must not come after the last.")
        if self.days > MAX_DAYS:
            raise ValueError(f"Choose at most {MAX_DAYS} days.")

    @classmethod
    def last_days(cls, days: int, today: date) -> Self:
        """The `days` days up to and including `today`."""
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time.min, UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last, time.min, UTC) + timedelta(days=1)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.days))


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over some requests; a request is one attempt that reached a provider.

    Token sums are None where no request knew its own, and they leave out the ones that did not. `costs` is by
    currency, exact, and leaves out `unpriced` requests (their model had no price) and `uncosted` ones (it had, but
    their tokens were never counted). `estimated` requests have counts of our own making.
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
        return _plus(self.prompt_tokens, self.completion_tokens)

    @property
    def estimated_share(self) -> float | None:
        """From 0 to 1; None without requests."""
        return self.estimated / self.requests if self.requests else None

    @property
    def error_share(self) -> float | None:
        """From 0 to 1; None without requests."""
        return self.errors / self.requests if self.requests else None

    def __add__(self, other: "Figures") -> "Figures":
        currencies = sorted({*self.costs, *other.costs})
        nothing = Decimal(0)
        return Figures(
            requests=self.requests + other.requests,
            prompt_tokens=_plus(self.prompt_tokens, other.prompt_tokens),
            completion_tokens=_plus(self.completion_tokens, other.completion_tokens),
            costs={name: self.costs.get(name, nothing) + other.costs.get(name, nothing) for name in currencies},
            unpriced=self.unpriced + other.unpriced,
            uncosted=self.uncosted + other.uncosted,
            estimated=self.estimated + other.estimated,
            errors=self.errors + other.errors,
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


def everything() -> QuerySet[UsageRecord]:
    """The whole ledger. The functions below also take a part of it, such as one user's."""
    return UsageRecord.objects.all()


def by_day(period: Period, records: QuerySet[UsageRecord] | None = None) -> dict[date, Figures]:
    """Return the figures of every day, in order; days without a request are there with zeros. One query."""
    records = _within(period, records).annotate(day=TruncDate("created_at", tzinfo=UTC))
    found = _folded(_sums(records, "day"), lambda row: row["day"])
    return {day: found.get(day, Figures()) for day in period}


def by_user(period: Period, records: QuerySet[UsageRecord] | None = None) -> dict[User, Figures]:
    """Return the figures of every user, the costliest first. One query."""
    rows = list(_sums(_within(period, records), "user_id", "username", latest=Max("id")))
    names = {row["user_id"]: row["username"] for row in sorted(rows, key=lambda row: row["latest"])}
    return _costliest_first(_folded(rows, lambda row: User(row["user_id"], names[row["user_id"]])))


def by_model(period: Period, records: QuerySet[UsageRecord] | None = None) -> dict[Model, Figures]:
    """Return the figures of every model, the costliest first. One query."""
    rows = _sums(_within(period, records), "provider", "model")
    return _costliest_first(_folded(rows, lambda row: Model(row["provider"], row["model"])))


def total(period: Period, records: QuerySet[UsageRecord] | None = None) -> Figures:
    """Return the figures of the whole period. One query; where days are at hand, add those up instead."""
    return _folded(_sums(_within(period, records)), lambda _: None).get(None, Figures())


def _within(period: Period, records: QuerySet[UsageRecord] | None) -> QuerySet[UsageRecord]:
    chosen = everything() if records is None else records
    return chosen.filter(created_at__gte=period.start, created_at__lt=period.end).order_by()


def _sums(records: QuerySet[UsageRecord], *keys: str, **more: Any) -> Iterable[dict[str, Any]]:
    """One row for each combination of `keys` and currency: amounts in two currencies are never added."""
    rows: Iterable[dict[str, Any]] = records.values(*keys, "currency").annotate(
        requests=Count("pk"),
        prompt=Sum("prompt_tokens"),
        completion=Sum("completion_tokens"),
        amount=Sum("cost"),
        unpriced=Count("pk", filter=Q(price__isnull=True)),
        uncosted=Count("pk", filter=Q(price__isnull=False, cost__isnull=True)),
        estimated=Count("pk", filter=Q(source=UsageRecord.Source.ESTIMATED)),
        errors=Count("pk", filter=~Q(error_type="")),
        **more,
    )
    return rows


def _folded(rows: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], K]) -> dict[K, Figures]:
    folded: dict[K, Figures] = {}
    for row in rows:
        figures = Figures(
            requests=row["requests"],
            prompt_tokens=row["prompt"],
            completion_tokens=row["completion"],
            costs={} if row["amount"] is None else {row["currency"]: row["amount"]},
            unpriced=row["unpriced"],
            uncosted=row["uncosted"],
            estimated=row["estimated"],
            errors=row["errors"],
        )
        name = key(row)
        folded[name] = folded[name] + figures if name in folded else figures
    return folded


def _costliest_first(found: dict[K, Figures]) -> dict[K, Figures]:
    # Amounts in different currencies do not compare; the sum still puts the heavy ones on top.
    def weight(figures: Figures) -> tuple[Decimal, int, int]:
        return sum(figures.costs.values(), Decimal(0)), figures.total_tokens or 0, figures.requests

    return dict(sorted(found.items(), key=lambda item: weight(item[1]), reverse=True))


def _plus(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else one + other
