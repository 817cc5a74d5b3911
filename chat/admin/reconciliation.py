"""The page that shows the providers' own accounts beside the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from chat import database
from chat.admin.filters import PRESETS, Shown, spoken
from chat.reconciliation import Account, Line, reconcile
from chat.views import chart, formatting

COLUMNS: Final = ("Theirs", "Ours", "Difference")
TILES: Final = ("They charged", "The ledger has", "Difference")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as people read it, and with all its digits."""

    text: str
    exact: str


@dataclass(frozen=True, slots=True)
class Row:
    """What was charged for one thing; `detail` has the editions that it is made of. Amounts in the order of COLUMNS."""

    name: str
    detail: str
    amounts: list[Amount]


@dataclass(frozen=True, slots=True)
class Section:
    """An account: its days with their rows, the newest first; its sums by currency, also as large figures."""

    account: Account
    days: list[tuple[str, list[Row]]]
    totals: list[Row]

    @property
    def tiles(self) -> list[tuple[str, Amount]]:
        return [tile for total in self.totals for tile in zip(TILES, total.amounts, strict=True)]


@never_cache
async def reconcile_page(request: HttpRequest) -> HttpResponseBase:
    """Shows a period as the usage page does. The providers are asked each time; nothing waits for them but this."""
    if (elsewhere := await database.run(_door, request)) is not None:
        return elsewhere
    shown = Shown.of(request)
    accounts = await reconcile(shown.period)
    return await database.run(_page, request, shown, accounts)


def _door(request: HttpRequest) -> HttpResponse | None:
    """Return where somebody has to go first; None lets them in. Raises PermissionDenied."""
    if not admin.site.has_permission(request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    if not request.user.has_perm("chat.view_usagerecord"):
        raise PermissionDenied
    return None


def _page(request: HttpRequest, shown: Shown, accounts: Iterable[Account]) -> HttpResponse:
    problem = shown.problem or ("Bills know no filters, so all of it is shown." if shown.chosen.query else "")
    context = {
        **admin.site.each_context(request),
        "title": "Reconcile",
        "form": shown.form,
        "problem": problem,
        "presets": [("?days=" + days, name, days == shown.preset) for days, name in PRESETS.items()],
        "period": spoken(shown.period),
        "usage": reverse("admin_usage", query=shown.when),
        "columns": COLUMNS,
        "sections": [_section(account) for account in accounts],
    }
    return render(request, "admin/reconcile.html", context, status=400 if shown.form.errors or problem else 200)


def _section(account: Account) -> Section:
    days = [
        (chart.long(day), [_row(line) for line in lines])
        for day, lines in groupby(account.lines, lambda line: line.day)
    ]
    return Section(account, days[::-1], [_row(line) for line in account.totals.values()])


def _row(line: Line) -> Row:
    amounts = [_amount(line.theirs, line.currency), _amount(line.ours, line.currency)]
    apart = line.difference
    sign = "+" if apart > 0 else "−" if apart < 0 else ""
    difference = Amount(sign + formatting.money(abs(apart), line.currency), _exact(apart))
    return Row(line.name, ", ".join(line.names), [*amounts, difference])


def _amount(amount: Decimal | None, currency: str) -> Amount:
    return Amount(formatting.money(amount, currency), "" if amount is None else _exact(amount))


def _exact(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
