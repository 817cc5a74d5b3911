"""The forms that take a code, of an authenticator app or for recovery. Imported late, with what checks such codes."""

from typing import Any

from allauth.mfa.base import forms as factor
from allauth.mfa.totp import forms as totp

from chat.accounts.forms import relabel


def ask_for_code(form: Any) -> None:
    """Have the field ready for typing, with digits where a keyboard is on the screen."""
    relabel(form, code="Code")
    form.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric", "spellcheck": "false"}


class AuthenticateForm(factor.AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_code(self)


class ReauthenticateForm(factor.ReauthenticateForm):  # type: ignore[misc]
    """A code once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_code(self)


class ActivateForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_for_code(self)
