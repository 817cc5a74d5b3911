"""The forms of django-allauth with our labels."""

from typing import Any

from allauth.account import forms as account
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest


def relabel(form: Any, **labels: str) -> None:
    """Give the fields that a form has these labels, and no placeholder: a label does not go away while one types."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.label = labels.get(name, field.label)


class LoginForm(account.LoginForm):  # type: ignore[misc]
    """Name or mail, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relabel(self, login="Name or email")
        self.fields["login"].widget.attrs |= {"autocomplete": "username webauthn", "autofocus": True}
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        # Its help is a link to a page that not every site has.
        self.fields["password"].help_text = ""


class ReauthenticateForm(account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relabel(self)
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs["autofocus"] = True


class ChangePasswordForm(account.ChangePasswordForm):  # type: ignore[misc]
    """The password that is, and the one that is to be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relabel(self, oldpassword="Password now", password1="New password", password2="New password once more")
        self.fields["oldpassword"].help_text = self.fields["password1"].help_text = ""


class SetPasswordForm(account.SetPasswordForm):  # type: ignore[misc]
    """A first password, for who came by another way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relabel(self, password1="New password", password2="New password once more")
        self.fields["password1"].help_text = ""


class ResetPasswordKeyForm(account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, for who has shown a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relabel(self, password1="New password", password2="New password once more")
        self.fields["password1"].help_text = ""


class AddEmailForm(account.AddEmailForm):  # type: ignore[misc]
    """A mail address that takes the old one's place: once it is confirmed, or at once where no mail can be sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relabel(self, email="New email")

    def save(self, request: HttpRequest) -> EmailAddress:
        if settings.EMAIL_URL:
            return super().save(request)
        with transaction.atomic():
            EmailAddress.objects.filter(user=self.user).delete()
            address = EmailAddress(user=self.user, email=self.cleaned_data["email"].lower(), primary=True)
            address.save()
            self.user.email = address.email
            self.user.save(update_fields=["email"])
        return address
