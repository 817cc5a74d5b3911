"""Names to sign in with: each means one person, whoever types it and however."""

from typing import Final
from unicodedata import normalize

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

TAKEN: Final = "Somebody else has that name."
MAIL: Final = "A name is no mail address. Whatever your name is, you can sign in with your address, too."


def plain(name: str) -> str:
    """Return a name in the one form that all that look like it have: full-width letters are letters (NFKC)."""
    return normalize("NFKC", name)


def is_taken(name: str, own: User | None = None) -> bool:
    """Whether somebody else is called so, or has that for an address: the door would not know whom it is told.

    Capital letters do not matter there. Of two who differ in them alone it lets in neither.
    """
    others = User.objects.exclude(pk=own.pk) if own is not None and own.pk else User.objects.all()
    name = plain(name)
    named = others.filter(username__iexact=name) | others.filter(email__iexact=name)
    return named.exists() or EmailAddress.objects.filter(email__iexact=name, user__in=others).exists()


def refuse_mail_address(name: str) -> None:
    """Raise ValidationError for a name that would be somebody's mail address.

    Whoever chose another one's could find out, by what the door then does, whether they have an account.
    """
    try:
        validate_email(name)
    except ValidationError:
        return
    raise ValidationError(MAIL)
