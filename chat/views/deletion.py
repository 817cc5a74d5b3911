"""Accounts that are to be deleted, and may be kept."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chat import deletion
from chat.accounts.leaving import offered


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def keep(request: HttpRequest) -> HttpResponse:
    """Say when the account will be deleted; POST keeps it. To sign in comes after that."""
    plan = offered(request)
    if plan is None:
        return redirect("login")
    kept = False
    if request.method == "POST":
        kept = deletion.take_back(plan.user_id)
        request.session.flush()
    return render(request, "settings/keep.html", {"due_at": plan.due_at, "kept": kept})
