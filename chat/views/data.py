"""`/settings/data/`: all that is one's own to take along, and deleting the account."""

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chat import deletion
from chat.access.credential import Credential
from chat.accounts.leaving import offer
from chat.accounts.recent import recently_authenticated
from chat.errors import ChatError
from chat.views import takeout
from chat.views.export import attachment
from chat.views.pages import SignedInRequest


@require_safe
@never_cache
@login_required
def data(request: SignedInRequest) -> HttpResponse:
    """What can be done with one's data."""
    return render(request, "settings/data.html", {"admin_reads": settings.CHAT_ADMIN_READS})


@require_safe
@recently_authenticated
def download(request: SignedInRequest) -> HttpResponseBase:
    """Everything of the caller's as one zip archive (docs/takeout.md)."""
    preferences = {name: request.COOKIES.get(name) for name in takeout.PREFERENCES}
    parts = takeout.archive(request.user, preferences)
    credential = Credential(request.user.pk, session=request.session.session_key or "", password=request.user.password)
    return attachment(parts, f"chatsite-{timezone.now():%Y-%m-%d}.zip", "application/zip", credential)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@recently_authenticated
def delete(request: SignedInRequest) -> HttpResponse:
    """Say what will be gone; POST signs out everywhere, and has the account deleted in a week."""
    refusal = ""
    if request.method == "POST":
        user = request.user
        try:
            deletion.schedule(user)
        except ChatError as error:
            refusal = error.message
        else:
            logout(request)
            return offer(request, user)
    return render(request, "settings/delete.html", {"refusal": refusal}, status=409 if refusal else 200)
