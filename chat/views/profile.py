"""`/settings/profile/`: one's own name."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chat.accounts import names
from chat.views.pages import SignedInRequest

if TYPE_CHECKING:
    Base = forms.ModelForm[User]
else:
    Base = forms.ModelForm


class NameForm(Base):
    """The name to sign in with, and the one to be called by."""

    class Meta:
        model = User
        fields = ("username", "first_name")
        labels = {"username": "Name", "first_name": "What to call you (may be empty)"}
        help_texts = {"username": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}
        self.fields["first_name"].widget.attrs["autocomplete"] = "given-name"

    def clean_username(self) -> str:
        name = names.plain(self.cleaned_data["username"])
        if "username" in self.changed_data:
            names.refuse_mail_address(name)
        # Names are told apart as they are when signing in: capital letters do not matter.
        if User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(names.TAKEN)
        return name


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: SignedInRequest) -> HttpResponse:
    """Show one's name and mail address, and change the name."""
    # A copy: a name that was refused shall not stand in the rest of the page.
    form = NameForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if form.is_valid():
        # Nothing but that: an admin may have changed something else meanwhile.
        form.instance.save(update_fields=form.changed_data)
        messages.success(request, "Your name is changed.")
        return redirect("settings_profile")
    return render(request, "settings/profile.html", {"form": form})
