"""What a mailed link for a new password proves."""

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator


class TokenGenerator(PasswordResetTokenGenerator):
    """Links for who may come in, while their password and mail addresses are what they were.

    django-allauth's own, which cannot be imported here, opens deactivated accounts, too.
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        known = EmailAddress.objects.filter(user_id=user.pk).values_list("email", flat=True)
        addresses = {each.lower() for each in [user.email, *known] if each}
        return super()._make_hash_value(user, timestamp) + "|".join(sorted(addresses))

    def check_token(self, user: User | None, token: str | None) -> bool:
        return user is not None and user.is_active and super().check_token(user, token)
