"""The status of the budgets that hold for the caller."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chat.budgets.status import statuses
from chat.views.access import Caller, api, respond


@api("GET", scopes=("chat", "usage"))
def budget(request: HttpRequest, caller: Caller) -> HttpResponse:
    """The caller's own, their groups', the key's and the whole site's; money in `unit`, or `tokens`."""
    key = caller.api_key.pk if caller.api_key else None
    return respond({"budgets": [asdict(each) for each in statuses(caller.user.pk, key, timezone.now())]})
