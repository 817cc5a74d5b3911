"""Accounts that are to be deleted: their owners prove who they are, and may keep them."""

from time import time
from typing import Any, Final

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chat import deletion
from chat.models import AccountDeletion

# In the session of somebody who is signed out: whose account they may keep, and until when.
LEAVING: Final = "leaving"
LEAVING_SECONDS: Final = 10 * 60


def offer(request: HttpRequest, user: User) -> HttpResponse:
    """Lead somebody who has just proved who they are, and whose account is to be deleted, to where they can keep it.

    Whoever signs people in calls this for inactive ones for whom `is_leaving` holds.
    """
    request.session[LEAVING] = [user.pk, time() + LEAVING_SECONDS]
    return redirect("settings_keep")


def is_leaving(user: User) -> bool:
    """Whether an account is to be deleted because its owner wants it."""
    return not user.is_active and AccountDeletion.objects.filter(user=user, claimed_at__isnull=True).exists()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def keep(request: HttpRequest) -> HttpResponse:
    """Say when the account will be deleted; POST keeps it. To sign in comes after that."""
    whose, until = request.session.get(LEAVING, (0, 0))
    plan = AccountDeletion.objects.filter(user=whose, claimed_at__isnull=True).first() if until > time() else None
    if plan is None:
        return redirect("login")
    context: dict[str, Any] = {"due_at": plan.due_at, "kept": False}
    if request.method == "POST":
        context["kept"] = deletion.take_back(whose)
        request.session.flush()
    return render(request, "settings/keep.html", context)
