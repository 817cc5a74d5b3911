"""What of the ledger the usage page shows: its period, its filters, and the addresses that keep both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.urls import reverse

from chat.models import ApiKey, ChatModel, Provider, UsageRecord
from chat.usage.period import Period, today
from chat.usage.selection import Selection
from chat.views import chart

PRESETS: Final = {"1": "Today", "7": "7 days", "30": "30 days", "90": "90 days", "month": "Month"}
USUAL: Final = "30"
MAX_DAYS: Final = 366
# A longer list is no help; what is not in it is found by a click in a table.
MAX_CHOICES: Final = 1000
LABELS: Final = {
    "user": "User",
    "group": "Group",
    "provider": "Provider",
    "model": "Model",
    "key": "API key",
    "source": "Counted by",
}
# A key is named by its owner, and belongs to nobody else.
OF_PEOPLE: Final = frozenset({"user", "key"})
SOURCES: Final = {"provider": "the provider", "estimated": "estimate"}


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
            if dates["period"].days > MAX_DAYS:
                raise forms.ValidationError(f"Choose at most {MAX_DAYS} days.")
        return dates


@dataclass(frozen=True, slots=True)
class Shown:
    """What is asked for. `preset` is None for dates of one's own; `form` says what is wrong with those.

    `problem` is a sentence about anything else that is not understood; what is shown then is unfiltered.
    """

    period: Period
    preset: str | None
    chosen: Selection
    form: PeriodForm
    problem: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Shown":
        """Read `?days=7`, `?days=month` or `?first=2026-01-01&last=2026-01-31`, else the last 30 days, and filters."""
        chosen, problem = Selection(), ""
        try:
            chosen = Selection.of(request.GET.dict(), "days", "first", "last")
        except ValueError as error:
            problem = str(error)
        if "first" in request.GET or "last" in request.GET:
            form = PeriodForm(request.GET)
            if form.is_valid():
                return cls(form.cleaned_data["period"], None, chosen, form, problem)
            return cls(_preset(USUAL), USUAL, chosen, form, problem)
        wish = request.GET.get("days") or USUAL
        preset = wish if wish in PRESETS else USUAL
        if wish != preset:
            problem = problem or f"`days` is one of {', '.join(PRESETS)}."
        period = _preset(preset)
        return cls(period, preset, chosen, PeriodForm(initial={"first": period.first, "last": period.last}), problem)

    @property
    def when(self) -> dict[str, str]:
        """The period as the query string has it."""
        if self.preset is not None:
            return {"days": self.preset}
        return {"first": f"{self.period.first}", "last": f"{self.period.last}"}

    def address(self, **other: object) -> str:
        """This page, with something else chosen; None takes a filter away, `days` or `first` another period."""
        when = {} if "days" in other or "first" in other else self.when
        given = {**when, **self.chosen.query, **other}
        return "?" + urlencode({name: value for name, value in given.items() if value is not None})

    @property
    def ledger(self) -> str:
        """The admin's list of just these requests."""
        return records_address(self.period, self.chosen)

    @property
    def csv_address(self) -> str:
        """The same as CSV."""
        given = {"from": f"{self.period.first}", "to": f"{self.period.last}", **self.chosen.query}
        return f"{reverse('admin_usage_export')}?{urlencode(given)}"


def records_address(period: Period, chosen: Selection, **more: object) -> str:
    """Return the address of the admin's list of these rows of the ledger."""
    names = {"user": "user_id", "key": "api_key_id", "group": "group", "source": "source__exact"}
    given: dict[str, object] = {
        "created_at__gte": period.start.isoformat(" "),
        "created_at__lt": period.end.isoformat(" "),
    }
    for name, value in chosen.query.items():
        if name == "key" and value == "0":
            given["api_key_id__isnull"] = "True"
        else:
            given[names.get(name, name)] = "" if name == "group" and value == "-" else value
    return f"{reverse('admin:chat_usagerecord_changelist')}?{urlencode({**given, **more})}"


def _preset(name: str) -> Period:
    if name == "month":
        return Period(today().replace(day=1), today())
    return Period.last_days(int(name), today())


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice among what there is now, or was chosen by a link. Each option: value, text, whether it is chosen."""

    name: str
    label: str
    options: list[tuple[str, str, bool]]
    chosen: str
    without: str


def filters(shown: Shown, *, of_people: bool) -> list[Filter]:
    """Return the filters, those that list people only where wanted; one query for each list of names."""
    given = shown.chosen.query
    names = [name for name in LABELS if of_people or name not in OF_PEOPLE]
    return [_filter(shown, name, _listed(name), given.get(name, "")) for name in names]


def _listed(name: str) -> Iterable[tuple[str, str]]:
    match name:
        case "user":
            users = User.objects.order_by("username").values_list("pk", "username")
            return [(str(pk), username) for pk, username in users[:MAX_CHOICES]]
        case "group":
            return [("-", "none"), *((group, group) for group in _names(Group.objects.order_by("name")))]
        case "provider":
            return [(provider, provider) for provider in _names(Provider.objects.order_by("name"))]
        case "model":
            models = ChatModel.objects.order_by("name").values_list("name", flat=True).distinct()
            return [(model, model) for model in models[:MAX_CHOICES]]
        case "key":
            keys = ApiKey.objects.order_by("name", "pk").values_list("pk", "name", "prefix")
            return [("0", "none"), *((str(pk), f"{label} ({start}…)") for pk, label, start in keys[:MAX_CHOICES])]
        case _:
            return SOURCES.items()


def _filter(shown: Shown, name: str, listed: Iterable[tuple[str, str]], value: str) -> Filter:
    options = dict(listed)
    if value and value not in options:
        # It is gone, but its requests are in the ledger.
        options[value] = _former(name, value)
    known = [(one, text, one == value) for one, text in options.items()]
    return Filter(name, LABELS[name], known, options.get(value, ""), shown.address(**{name: None}))


def _former(name: str, value: str) -> str:
    if name not in ("user", "key"):
        return value
    column, words = ("user_id", "username") if name == "user" else ("api_key_id", "api_key_name")
    rows = UsageRecord.objects.filter(**{column: value}).order_by("-created_at")
    return rows.values_list(words, flat=True).first() or value


def _names(rows: Any) -> list[str]:
    return list(rows.values_list("name", flat=True)[:MAX_CHOICES])


def spoken(period: Period) -> str:
    """1 Jan 2026 to 31 Jan 2026, or the one day."""
    if period.days == 1:
        return chart.long(period.first)
    return f"{chart.long(period.first)} to {chart.long(period.last)}"


def of_day(day: date) -> dict[str, str]:
    """A day as a period of `Shown.address`."""
    return {"first": f"{day}", "last": f"{day}"}
