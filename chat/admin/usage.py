"""The usage page: who used which model how much, and what it cost."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import add
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chat.admin import chart, dashboard
from chat.usage import reports
from chat.usage.reports import Figures, Period

PRESETS: Final = {1: "Today", 7: "7 days", 30: "30 days", 90: "90 days"}
USUAL_DAYS: Final = 30


class PeriodForm(forms.Form):
    """Two dates of the person's own choice."""

    first = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="to", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        dates = self.cleaned_data
        if "first" in dates and "last" in dates:
            # The database and the calendar have limits that no ledger comes near.
            if dates["first"].year < 2000 or dates["last"] > today() + timedelta(days=1):
                raise forms.ValidationError(f"Choose days from 2000 to today, {chart.long(today())} (UTC).")
            try:
                dates["period"] = Period(dates["first"], dates["last"])
            except ValueError as error:
                raise forms.ValidationError(str(error)) from error
        return dates


def today() -> date:
    return datetime.now(UTC).date()


def usage_view(request: HttpRequest) -> HttpResponse:
    """Shows one period: `?days=7`, or `?first=2026-01-01&last=2026-01-31`, else the last 30 days."""
    if not request.user.has_perm("chat.view_usagerecord"):
        raise PermissionDenied
    period, preset, form = chosen_period(request)
    days = reports.by_day(period)
    users = reports.by_user(period)
    models = reports.by_model(period)
    now = total_of(days.values())
    before = reports.total(period.before)
    context = {
        **admin.site.each_context(request),
        "title": "Usage",
        "form": form,
        "presets": [(number, name, number == preset) for number, name in PRESETS.items()],
        "period": spoken(period),
        "empty": not now.requests,
        "tiles": dashboard.tiles(now, before, period),
        "gaps": list(dashboard.gaps(request, now, models)),
        "charts": dashboard.charts(days),
        "columns": dashboard.COLUMNS,
        "days": [dashboard.Row(chart.long(day), "", dashboard.cells(found)) for day, found in reversed(days.items())],
        "tables": [
            (
                "By user",
                "User",
                [dashboard.Row(user.name, "", dashboard.cells(found)) for user, found in dashboard.top(users)],
                dashboard.beyond(users),
            ),
            (
                "By model",
                "Model",
                [dashboard.Row(m.name, m.provider, dashboard.cells(found)) for m, found in dashboard.top(models)],
                dashboard.beyond(models),
            ),
        ],
        "total": dashboard.cells(now),
    }
    return render(request, "admin/usage.html", context, status=400 if form.errors else 200)


usage_page = admin.site.admin_view(usage_view)


def chosen_period(request: HttpRequest) -> tuple[Period, int | None, PeriodForm]:
    """Return the period, the preset it is (None for dates of one's own), and the form with what is wrong with it."""
    if "first" in request.GET or "last" in request.GET:
        form = PeriodForm(request.GET)
        if form.is_valid():
            return form.cleaned_data["period"], None, form
        return Period.last_days(USUAL_DAYS, today()), USUAL_DAYS, form
    wish = request.GET.get("days", "")
    preset = int(wish) if wish in map(str, PRESETS) else USUAL_DAYS
    period = Period.last_days(preset, today())
    return period, preset, PeriodForm(initial={"first": period.first, "last": period.last})


def spoken(period: Period) -> str:
    """1 Jan 2026 to 31 Jan 2026, or the one day."""
    if period.days == 1:
        return chart.long(period.first)
    return f"{chart.long(period.first)} to {chart.long(period.last)}"


def total_of(found: Iterable[Figures]) -> Figures:
    return reduce(add, found, Figures())
