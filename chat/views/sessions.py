"""`/settings/sessions/`: where one is signed in, and ending that."""

from allauth.account.internal.flows.logout import logout
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chat.accounts import sessions as ending
from chat.accounts.agent import browser
from chat.views.pages import SignedInRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sessions(request: SignedInRequest) -> HttpResponse:
    """List one's sessions. A POST ends one (`session`, its id), all `others`, or, with `everywhere`, all of them."""
    mine = UserSession.objects.filter(user=request.user)
    if request.method == "POST":
        if "everywhere" in request.POST:
            ending.end_others(request.user, request)
            logout(request)
            return redirect("account_login")
        if "others" in request.POST:
            ending.end_others(request.user, request)
            messages.success(request, "You are signed out everywhere else.")
        else:
            # By its text: what is no number, or no such number, is nobody's session.
            others = mine.exclude(session_key=request.session.session_key)
            named = [each for each in others if str(each.pk) == request.POST.get("session")]
            ending.end(named)
            if named:
                messages.success(request, "That session is over.")
        return redirect("usersessions_list")
    listed = UserSession.objects.purge_and_list(request.user)
    shown = [
        {
            "id": each.pk,
            "browser": browser(each.user_agent),
            "address": each.ip,
            "began": each.created_at,
            "seen": each.last_seen_at,
            "is_current": each.session_key == request.session.session_key,
        }
        for each in listed
    ]
    shown.sort(key=lambda each: (each["is_current"], each["seen"]), reverse=True)
    return render(request, "settings/sessions.html", {"sessions": shown, "alone": len(shown) < 2})
