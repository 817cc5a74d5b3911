"""The forms that take what a browser says of a passkey. It may say anything: what cannot be read is not right."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms
from django.forms import HiddenInput, JSONField

# What reading JSON, CBOR and keys of the wrong shape raises; django-allauth answers two of these.
UNREADABLE: Final = (
    *(LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError, AssertionError),
    struct.error,
)


@contextmanager
def readable() -> Iterator[None]:
    """Raise ValidationError where what was sent has not the shape of a passkey's answer."""
    try:
        yield
    except UNREADABLE as error:
        raise get_adapter().validation_error("incorrect_code") from error


class Credential(JSONField):
    """JSON of any depth."""

    widget = HiddenInput

    def to_python(self, value: Any) -> Any:
        with readable():
            return super().to_python(value)


class AddForm(forms.AddWebAuthnForm):  # type: ignore[misc]
    credential = Credential()

    def clean(self) -> dict[str, Any]:
        with readable():
            said: dict[str, Any] = super().clean()
            return said


class AuthenticateForm(forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    credential = Credential()

    def clean_credential(self) -> Authenticator:
        with readable():
            return super().clean_credential()


class LoginForm(forms.LoginWebAuthnForm):  # type: ignore[misc]
    credential = Credential()

    def clean_credential(self) -> Authenticator:
        with readable():
            return super().clean_credential()


class ReauthenticateForm(forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    credential = Credential()

    def clean_credential(self) -> Authenticator:
        with readable():
            return super().clean_credential()
