"""The step of a sign-in that waits for a mail address to be confirmed."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage


class FirstConfirmation(EmailVerificationStage):  # type: ignore[misc]
    """Asks once: who signed up with an address comes in for the first time when it is theirs.

    Accounts that an admin made, that were there before mail was set up, or that changed their address have no such row,
    or have been in: nobody is locked out of what they used yesterday.
    """

    def handle(self) -> Any:
        user = self.login.user
        if user is not None:
            waits = EmailAddress.objects.filter(user=user, primary=True, verified=False)
            if user.last_login is not None or not waits.exists():
                return None, True
        return super().handle()
