"""The ledger as CSV, for the people who run the site and their programs."""

from datetime import date
from functools import partial

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import StreamingHttpResponse

from chat import database
from chat.admin.filters import OF_PEOPLE
from chat.errors import ChatError
from chat.usage import csv_export
from chat.usage.period import Period, today
from chat.usage.selection import Selection
from chat.views.access import Caller, api
from chat.views.export import attachment, while_allowed


@api("GET", scopes=("admin",))
async def export(request: HttpRequest, caller: Caller) -> StreamingHttpResponse:
    """Every row of `?from=2026-01-01&to=2026-01-31`, else of this month; and the filters of the usage page."""
    if not await database.run(_may, caller.user.pk, "chat.view_usagerecord"):
        raise ChatError("forbidden", "Only those who may see the ledger can take it away.")
    month = Period.month_of(today())
    first, last = _day(request, "from") or month.first, _day(request, "to") or today()
    try:
        period = Period(first, last)
        chosen = Selection.of(request.GET.dict(), "from", "to")
    except ValueError as error:
        raise ChatError("invalid_request", str(error)) from None
    name = f"usage-{first}-{last}.csv"
    with_people = await database.run(_may, caller.user.pk, "auth.view_user")
    if not with_people and OF_PEOPLE & set(chosen.query):
        raise ChatError("forbidden", "Only those who may see people can choose by them.")
    rights = ["chat.view_usagerecord", *(["auth.view_user"] if with_people else [])]
    lines = csv_export.lines(period, chosen, with_people=with_people)
    allowed = while_allowed(lines, partial(_may, caller.user.pk, *rights))
    return attachment(allowed, name, "text/csv; charset=utf-8", caller.credential)


def _may(user_id: int, *rights: str) -> bool:
    """Whether somebody is staff with these rights now."""
    found = User.objects.filter(pk=user_id, is_active=True, is_staff=True).first()
    return found is not None and found.has_perms(rights)


def _day(request: HttpRequest, name: str) -> date | None:
    given = request.GET.get(name, "")
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise ChatError("invalid_request", f"`{name}` is a day: 2026-01-31.") from None
    if not 2000 <= day.year < 9999:
        # The database and the calendar have limits that no ledger comes near.
        raise ChatError("invalid_request", f"`{name}` is a day from 2000 on.")
    return day
