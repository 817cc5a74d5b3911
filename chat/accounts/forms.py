"""The forms of django-allauth with our labels."""

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.socialaccount import forms as openid
from django import forms
from django.conf import settings
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
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
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"
        # After a wrong password, that is what one types anew.
        self.fields["password" if self.is_bound else "login"].widget.attrs["autofocus"] = True
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        # Its help is a link to a page that not every site has.
        self.fields["password"].help_text = ""


class SignupForm(account.SignupForm):  # type: ignore[misc]
    """A name, a mail address, a password: an account of one's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relabel(self, username="Name", email="Email" if settings.EMAIL_URL else "Email (may be empty)")
        self.fields["username"].widget.attrs |= {"autofocus": True, "autocapitalize": "none", "spellcheck": "false"}
        self.fields["password1"].help_text = ""


class OpenIdSignupForm(openid.SignupForm):  # type: ignore[misc]
    """What the provider did not tell, or told as somebody else already has it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # An address that nobody has confirmed is not asked for here.
        super().__init__(*args, email_required=False, **kwargs)
        self.fields.pop("email", None)
        relabel(self, username="Name")


class ResetPasswordForm(account.ResetPasswordForm):  # type: ignore[misc]
    """The mail address to which a link for a new password goes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relabel(self, email="Email")
        self.fields["email"].widget.attrs["autofocus"] = True


class JoinForm(forms.Form):
    """The name and password of who was invited."""

    username = UsernameField(label="Name", max_length=150, validators=[UnicodeUsernameValidator()])
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.fields["username"].widget.attrs |= {"autofocus": True, "spellcheck": "false"}

    def clean_username(self) -> str:
        name: str = get_adapter().clean_username(self.cleaned_data["username"])
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "password" in given:
            try:
                validate_password(given["password"], User(username=given.get("username", ""), email=self.email))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given


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
