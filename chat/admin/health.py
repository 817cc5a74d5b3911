"""How well each model and each provider answers: errors, and the time to the first token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any, Final

from django.db.models import Max

from chat.usage.latency import NONE, Buckets, added, quantile
from chat.usage.period import Period
from chat.usage.reports import Figures, Model, folded
from chat.usage.selection import Selection
from chat.views import chart, formatting

COLUMNS: Final = ("Requests", "Error rate", "First token, median", "95 % within", "Last error")


@dataclass(frozen=True, slots=True)
class Row:
    """A model or, with `is_whole`, a provider."""

    name: str
    detail: str
    cells: list[str]
    is_whole: bool


def rows(
    period: Period,
    chosen: Selection,
    found: Mapping[tuple[date, Model], Figures],
    by_model: Mapping[Model, Figures],
    waits: Mapping[tuple[Any, ...], Buckets],
) -> list[Row]:
    """Return each provider, and below it its models, by name. `waits` is by day, provider and model. One query."""
    failed: dict[Model, date] = {}
    for (day, model), one in found.items():
        if one.errors:
            failed[model] = max(day, failed.get(model, day))
    errors = last_errors(period, chosen, failed)
    by_provider = folded(by_model, lambda model: model.provider)
    of_model = added(waits, 1, 2)
    of_provider = added(of_model, 0)
    shown = []
    for provider in sorted(by_provider):
        models = sorted((model for model in by_model if model.provider == provider), key=lambda model: model.name)
        latest = max((errors[model] for model in models if model in errors), default="")
        cells = _cells(by_provider[provider], latest, of_provider.get((provider,), NONE))
        shown.append(Row(provider, "", cells, is_whole=True))
        for model in models:
            buckets = of_model.get((provider, model.name), NONE)
            shown.append(
                Row(model.name, provider, _cells(by_model[model], errors.get(model, ""), buckets), is_whole=False)
            )
    return shown


def last_errors(period: Period, chosen: Selection, failed: Mapping[Model, date]) -> dict[Model, str]:
    """Return when each failed last; of the newest two days, which is all that is looked for in the ledger, also how."""
    if not failed:
        return {}
    newest = max(failed.values())
    late = Period(max(period.first, newest - timedelta(days=1)), newest)
    rows = chosen.records(late).exclude(error_type="").values("provider", "model", "error_type")
    found = {model: f"{day}" for model, day in failed.items()}
    for row in rows.annotate(at=Max("created_at")).order_by("at"):
        at = row["at"].astimezone(UTC)
        found[Model(row["provider"], row["model"])] = f"{at:%Y-%m-%d %H:%M} {row['error_type']}"
    return found


def _cells(found: Figures, error: str, buckets: Buckets) -> list[str]:
    return [
        formatting.count(found.requests),
        formatting.share(found.error_share) if found.errors else "",
        wait(quantile(buckets, 0.5)),
        wait(quantile(buckets, 0.95)),
        error,
    ]


def wait(seconds: float | None) -> str:
    """A time to the first token, with two places below 10 s."""
    if seconds is None:
        return formatting.UNKNOWN
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:,.0f} s"


def by_day(period: Period, waits: Mapping[tuple[Any, ...], Buckets]) -> list[tuple[str, Buckets]]:
    """Return the buckets of every day, in order."""
    found = added(waits, 0)
    return [(chart.short(day), found.get((day,), NONE)) for day in period]
