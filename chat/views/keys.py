"""`/settings/keys/`: a person's own API keys. A new one is in the answer that makes it, and nowhere else."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from chat.models import ApiKey
from chat.views.pages import SignedInRequest


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes no brackets at run time
    """What a person says of a new key."""

    class Meta:
        model = ApiKey
        fields = ("name",)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def keys(request: SignedInRequest) -> HttpResponse:
    """One's own keys; POST makes one and shows it this once."""
    form = KeyForm(request.POST or None, initial={"name": ""})
    made, key = None, ""
    if request.method == "POST" and form.is_valid():
        made, key = ApiKey.issue(request.user, form.cleaned_data["name"])
        form = KeyForm(initial={"name": ""})
    context = {"form": form, "made": made, "key": key, "keys": ApiKey.objects.filter(user=request.user)}
    return render(request, "settings/keys.html", context)


@require_POST
@login_required
def revoke(request: SignedInRequest, key_id: int) -> HttpResponse:
    """From now on the key opens nothing; 404 if it is not one's own."""
    key = get_object_or_404(ApiKey, user=request.user, pk=key_id)
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        messages.success(request, f"“{key.name}” is revoked. It opens nothing any more.")
    return redirect("settings_keys")
