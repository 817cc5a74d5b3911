"""`/settings/keys/`: a person's own API keys. A new one is in the answer that makes it, and nowhere else.

A key outlives the session in which it is made: making one asks for a recent proof of who one is. Seeing and revoking
them does not.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from chat.accounts.recent import is_recent, require_recent
from chat.models import ApiKey
from chat.models.access import USUAL_SCOPES, Scope
from chat.views.access import KEPT_BY_NOBODY
from chat.views.pages import SignedInRequest

# By the number of days.
LIVES: Final = {"": "Never", "7": "In a week", "30": "In 30 days", "90": "In 90 days", "365": "In a year"}
# Of one person, in force. Nobody looks after more.
MOST: Final = 100


class KeyForm(forms.Form):
    """What a person says of a new key."""

    name = forms.CharField(max_length=100)
    life = forms.ChoiceField(label="Expires", choices=list(LIVES.items()), required=False)
    scopes = forms.MultipleChoiceField(
        label="Opens", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Choose at least one."}
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)  # noqa: S101 - as declared above
        scopes.initial = USUAL_SCOPES
        # What a key may not do, since its user may not, is not offered.
        scopes.choices = [choice for choice in Scope.choices if user.is_staff or choice[0] != Scope.ADMIN]

    def clean(self) -> dict[str, Any]:
        if ApiKey.in_force().filter(user=self.user).count() >= MOST:
            raise forms.ValidationError(f"You have {MOST} keys. Revoke one that you do not need first.")
        return super().clean() or self.cleaned_data

    @property
    def expires_at(self) -> datetime | None:
        """When the key ends; None: never."""
        days = self.cleaned_data["life"]
        return timezone.now() + timedelta(days=int(days)) if days else None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def keys(request: SignedInRequest) -> HttpResponse:
    """One's own keys; POST makes one and shows it this once. With `?new` one proves first who one is."""
    may_make = is_recent(request)
    if request.method == "POST" and not may_make:
        return redirect(f"{request.path}?new")
    if "new" in request.GET:
        require_recent(request)
    form = KeyForm(request.user, request.POST or None)
    made, key = None, ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made, key = ApiKey.issue(request.user, given["name"], scopes=given["scopes"], expires_at=form.expires_at)
        form = KeyForm(request.user)
    own = ApiKey.objects.filter(user=request.user)
    context = {"form": form, "may_make": may_make, "made": made, "key": key, "keys": own}
    response = render(request, "settings/keys.html", context)
    response.headers["Cache-Control"] = KEPT_BY_NOBODY
    return response


@require_POST
@login_required
def revoke(request: SignedInRequest, key_id: int) -> HttpResponse:
    """From now on the key opens nothing; 404 if it is not one's own."""
    key = get_object_or_404(ApiKey, user=request.user, pk=key_id)
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        messages.success(request, f"“{key.name}” is revoked. It opens nothing any more.")
    return redirect("settings_keys")
