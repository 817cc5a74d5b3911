"""The data that `static/chat/admin/usage.js` draws as charts, as JSON; the same figures as the tables."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from chat.usage.latency import Buckets, quantile
from chat.usage.reports import Figures, Model, User
from chat.views import chart

# More colours cannot be told apart.
MAX_SERIES: Final = 7
MAX_BARS: Final = 10
OTHERS: Final = "Others"


@dataclass(frozen=True, slots=True)
class ChartData:
    """A chart. `kind`: stack, bars, ring or lines; `unit`: a currency, tokens or seconds."""

    key: str
    title: str
    kind: str
    unit: str
    labels: list[str]
    series: list[dict[str, Any]] = field(default_factory=list)

    @property
    def element(self) -> str:
        """The id of the page's element that holds `data`."""
        return f"chart-{self.key}"

    @property
    def data(self) -> dict[str, Any]:
        return asdict(self)


def units(now: Figures) -> list[str]:
    """What costs are drawn in: each currency; where nothing has a price, tokens."""
    return list(now.costs) or ["tokens"]


def by_day(
    found: Mapping[tuple[date, Model], Figures], days: Iterable[date], models: Iterable[Model], unit: str
) -> ChartData:
    """Stacked by model, the costliest lowest."""
    days, models = list(days), list(models)
    own = [model for model in models if any((day, model) in found for day in days)]
    first = own if len(own) <= MAX_SERIES + 1 else own[:MAX_SERIES]
    series = [
        {"name": model.name, "values": [_amount(found.get((day, model)), unit) for day in days]} for model in first
    ]
    rest = set(own) - set(first)
    if rest:
        sums = dict.fromkeys(days, 0.0)
        for (day, model), figures in found.items():
            if model in rest:
                sums[day] += _amount(figures, unit)
        series.append({"name": OTHERS, "values": list(sums.values())})
    title = "Tokens per day" if unit == "tokens" else f"Cost per day, {unit}"
    return ChartData(f"days-{unit}", title, "stack", unit, [chart.short(day) for day in days], series)


def by_user(users: Mapping[User, Figures], unit: str) -> ChartData:
    """The ones with the most."""
    most = list(users.items())[:MAX_BARS]
    series = [{"name": _called(unit), "values": [_amount(figures, unit) for _, figures in most]}]
    return ChartData("users", "Top users", "bars", unit, [user.name for user, _ in most], series)


def by_model(models: Mapping[Model, Figures], unit: str) -> ChartData:
    """Who has which share."""
    all_of_them = [(model.name, _amount(figures, unit)) for model, figures in models.items()]
    shown, rest = all_of_them[:MAX_SERIES], all_of_them[MAX_SERIES:]
    if rest:
        shown.append((OTHERS, sum(value for _, value in rest)))
    series = [{"name": _called(unit), "values": [value for _, value in shown]}]
    return ChartData("models", "Share by model", "ring", unit, [name for name, _ in shown], series)


def latency(days: Iterable[tuple[str, Buckets]]) -> ChartData:
    """The time to the first token of each day."""
    days = list(days)
    series = [
        {"name": name, "values": [quantile(buckets, share) for _, buckets in days]}
        for name, share in (("Median", 0.5), ("95 % within", 0.95))
    ]
    return ChartData("latency", "Time to the first token", "lines", "seconds", [label for label, _ in days], series)


def _amount(found: Figures | None, unit: str) -> float:
    if found is None:
        return 0.0
    return float(found.total_tokens or 0) if unit == "tokens" else float(found.costs.get(unit, Decimal(0)))


def _called(unit: str) -> str:
    return "Tokens" if unit == "tokens" else "Cost"
