"""The forms that take a code, of an authenticator app or for recovery. Imported late, with what checks such codes."""

from typing import Any, Final

from allauth.mfa.base import forms as factor
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from django import forms

from chat.accounts.forms import relabel

NO_RECOVERY_CODE: Final = "That is none of your recovery codes, or you have used it already."


def ask_for_code(form: Any) -> None:
    """Have the field ready for typing, with digits where a keyboard is on the screen."""
    relabel(form, code="Code")
    form.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric", "spellcheck": "false"}


class OwnFactors(factor.BaseAuthenticateForm):  # type: ignore[misc]
    """Speaks of what a person has: an app, a passkey, recovery codes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = set(Authenticator.objects.filter(user=self.user).values_list("type", flat=True))
        self.has_app = Authenticator.Type.TOTP in types
        self.has_passkey = Authenticator.Type.WEBAUTHN in types
        self.has_recovery_codes = Authenticator.Type.RECOVERY_CODES in types
        ask_for_code(self)
        if not self.has_app:
            relabel(self, code="Recovery code")
            # They may have letters, and what comes first is the passkey.
            for name in ("inputmode", "autofocus"):
                del self.fields["code"].widget.attrs[name]

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()
        except forms.ValidationError as error:
            if self.has_app or error.code != "incorrect_code":
                raise
            raise forms.ValidationError(NO_RECOVERY_CODE, code="incorrect_code") from None
        return code


class AuthenticateForm(OwnFactors, factor.AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class ReauthenticateForm(OwnFactors, factor.ReauthenticateForm):  # type: ignore[misc]
    """A code once more."""


class ActivateForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_code(self)
