"""The usage page: who used which model how much, and what it cost."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from chat.admin import charts, dashboard, health
from chat.admin.dashboard import Table
from chat.admin.filters import LABELS, OF_PEOPLE, PRESETS, Shown, filters, of_day, records_address, spoken
from chat.admin.ledger import sees_people
from chat.models import ApiKey
from chat.usage import reports
from chat.usage.forecast import MOST_DAYS
from chat.usage.latency import first_tokens
from chat.usage.period import Period, today
from chat.usage.reports import Figures
from chat.usage.selection import Selection
from chat.views import chart


@dataclass(frozen=True, slots=True)
class Cap:
    """Whose budget can be set, and where."""

    name: str
    address: str


def usage_view(request: HttpRequest) -> HttpResponse:
    """Shows one period (`?days=7`, or two dates; else the last 30 days) of everything, or of what filters choose."""
    if not request.user.has_perm("chat.view_usagerecord"):
        raise PermissionDenied
    shown = Shown.of(request)
    if not sees_people(request) and OF_PEOPLE & set(shown.chosen.query):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": "Usage",
        "form": shown.form,
        "problem": shown.problem,
        "presets": [(shown.address(days=days), name, days == shown.preset) for days, name in PRESETS.items()],
        "period": spoken(shown.period),
        "filters": filters(shown, of_people=sees_people(request)),
        "kept": shown.when.items(),
        "chosen": shown.chosen.query.items(),
        "unfiltered": shown.address(**dict.fromkeys(LABELS)),
        "ledger": shown.ledger,
        "csv": shown.csv_address,
        "reconcile": reverse("admin_reconcile", query=shown.when),
        "cap": cap(request, shown.chosen),
        **figures_of(request, shown),
    }
    return render(request, "admin/usage.html", context, status=400 if shown.form.errors or shown.problem else 200)


usage_page = admin.site.admin_view(usage_view)


def cap(request: HttpRequest, chosen: Selection) -> Cap | None:
    """Return where to set a budget for whom is chosen; None for nobody, or where they are there no more."""
    if not request.user.has_perm("chat.add_budget"):
        return None
    wanted: list[tuple[str, Any, dict[str, Any]]] = [
        ("user", User.objects, {"pk": chosen.user}),
        ("group", Group.objects, {"name": chosen.group}),
        ("api_key", ApiKey.objects, {"pk": chosen.key}),
    ]
    for name, rows, who in wanted:
        found = rows.filter(**who).first() if all(who.values()) else None
        if found is not None:
            query = {"scope": name.removeprefix("api_"), name: found.pk}
            return Cap(str(found), reverse("admin:chat_budget_add", query=query))
    return None


def figures_of(request: HttpRequest, shown: Shown) -> dict[str, Any]:
    """The page's numbers. Each is a sum over the daily totals; conversations are summed up for one user only."""
    period, chosen = shown.period, shown.chosen
    found = reports.by_day_and_model(period, chosen)
    days = {day: Figures() for day in period} | reports.folded(found, lambda key: key[0])
    models = reports.costliest_first(reports.folded(found, lambda key: key[1]))
    users = reports.by_user(period, chosen) if sees_people(request) else {}
    waits = reports.first_tokens(period, chosen, "day", "provider", "model")
    now = reports.added(days.values())
    before = reports.total(period.before, chosen)
    waits_before = first_tokens(chosen.totals(period.before))
    told_from = Period(today() - timedelta(days=max(MOST_DAYS, today().day)), today())
    is_there = period.first <= told_from.first and period.last >= told_from.last
    recent = days if is_there else reports.by_day(told_from, chosen)
    units = charts.units(now)
    by_day = [dashboard.row(chart.long(day), one, link=shown.address(**of_day(day))) for day, one in days.items()]
    by_user = [dashboard.row(user.name, one, link=shown.address(user=user.id)) for user, one in dashboard.top(users)]
    by_model = [
        dashboard.row(model.name, one, model.provider, shown.address(model=model.name, provider=model.provider))
        for model, one in dashboard.top(models)
    ]
    stacks = [charts.by_day(found, days, models, unit) for unit in units]
    tables = [
        Table("By day", "Day", by_day[::-1], drawings=stacks),
        Table("By model", "Model", by_model, dashboard.beyond(models), [charts.by_model(models, units[0])]),
    ]
    if users:
        drawn = [charts.by_user(users, units[0])]
        tables.insert(1, Table("By user", "User", by_user, dashboard.beyond(users), drawn))
    if chosen.user is not None:
        tables.insert(0, conversations(shown))
    return {
        "empty": not now.requests,
        "tiles": [
            *dashboard.tiles(now, before, period, reports.first_day()),
            dashboard.latency(waits, waits_before),
            *dashboard.forecasts(recent, today()),
        ],
        "gaps": list(dashboard.gaps(request, now, models)),
        "columns": dashboard.COLUMNS,
        "total": dashboard.cells(now),
        "tables": tables,
        "health": health.rows(period, chosen, found, models, waits),
        "health_columns": health.COLUMNS,
        "latency": charts.latency(health.by_day(period, waits)),
    }


def conversations(shown: Shown) -> Table:
    """What one user's conversations cost; each leads to its single requests."""
    found = reports.by_conversation(shown.period, shown.chosen)
    rows = [
        dashboard.row(str(name)[:8], one, link=records_address(shown.period, shown.chosen, conversation_id=name))
        for name, one in dashboard.top(found)
    ]
    return Table("By conversation", "Conversation", rows, more=dashboard.beyond(found))
