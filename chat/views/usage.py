"""What a person used this month, and what it cost."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.budgets.status import statuses
from chat.errors import ChatError
from chat.usage import csv_export, reports
from chat.usage.period import Period, today
from chat.usage.reports import Figures
from chat.usage.selection import Selection
from chat.views import chart, formatting
from chat.views.access import Caller, api
from chat.views.export import attachment
from chat.views.pages import SignedInRequest


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, as people read it."""

    name: str
    detail: str
    requests: str
    tokens: str
    cost: str


@require_safe
@never_cache
@login_required
def usage(request: SignedInRequest) -> HttpResponse:
    """One's own month by day and model: `?month=2026-01`, else this one."""
    now = today()
    period = chosen_month(request, now)
    found = reports.by_day_and_model(period, Selection(user=request.user.pk))
    days = reports.folded(found, lambda key: key[0])
    models = reports.costliest_first(reports.folded(found, lambda key: key[1]))
    total = reports.added(days.values())
    shown = Period(period.first, min(period.last, max(now, period.first)))
    context = {
        "month": f"{period.first:%B %Y}",
        "is_this_month": period.first <= now <= period.last,
        "before": f"{period.first - timedelta(days=1):%Y-%m}",
        "after": f"{period.last + timedelta(days=1):%Y-%m}" if period.last < now else "",
        "this": f"{period.first:%Y-%m}",
        "cost": cost(total),
        "requests": formatting.count(total.requests),
        "tokens": formatting.brief(total.total_tokens if total.requests else 0),
        "parts": f"{formatting.count(total.prompt_tokens)} in, {formatting.count(total.completion_tokens)} out",
        "unpriced": total.unpriced,
        "uncosted": total.uncosted,
        "estimated": formatting.share(total.estimated_share) if total.estimated else "",
        "empty": not total.requests,
        "budgets": statuses(request.user.pk, None, timezone.now()) if period.first <= now <= period.last else [],
        "charts": chart.costs({day: days.get(day, Figures()) for day in shown}),
        "days": [_row(chart.long(day), "", days[day]) for day in sorted(days, reverse=True)],
        "models": [_row(model.name, model.provider, one) for model, one in models.items()],
    }
    return render(request, "chat/usage.html", context)


@api("GET", scopes=("usage",))
def export(request: HttpRequest, caller: Caller) -> StreamingHttpResponse:
    """One's own rows of the ledger in that month, or in this one, as CSV."""
    period = chosen_month(request, now := today())
    if request.GET.get("month", f"{now:%Y-%m}") != f"{period.first:%Y-%m}":
        raise ChatError("invalid_request", "`month` is a month up to this one: 2026-01.")
    mine = csv_export.lines(period, Selection(user=caller.user.pk))
    return attachment(mine, f"usage-{period.first:%Y-%m}.csv", "text/csv; charset=utf-8", caller.credential)


def chosen_month(request: HttpRequest, now: date) -> Period:
    """The month that is asked for; this one where that makes no sense."""
    try:
        first = date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        first = now
    return Period.month_of(first if first.year >= 2000 and first <= now else now)


def cost(found: Figures) -> str:
    """The amounts in all their currencies; a dash where nothing is known."""
    known = " + ".join(formatting.cost(amount, currency) for currency, amount in found.costs.items())
    return known or formatting.UNKNOWN


def _row(name: str, detail: str, found: Figures) -> Row:
    tokens = formatting.count(found.total_tokens)
    return Row(name, detail, formatting.count(found.requests), tokens, cost(found))
