"""Links that open something once: an invitation, and a new password. Only their hashes are stored."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final, Self, TypeGuard

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models.access import token_hash
from chat.models.permissions import grantable, touchable

INVITATION_LASTS: Final = timedelta(days=7)
PASSWORD_LINK_LASTS: Final = timedelta(days=1)


def invitation_end() -> datetime:
    """Until when an invitation is good for which nobody said it."""
    return timezone.now() + INVITATION_LASTS


def password_link_end() -> datetime:
    """Until when a link for a new password is good."""
    return timezone.now() + PASSWORD_LINK_LASTS


class Link(models.Model):
    """Whoever holds the token may use it once, until it expires or is revoked."""

    hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def issue(cls, **values: Any) -> tuple[Self, str]:
        """Make a link. Returns the row and the token, which exists nowhere else."""
        token = secrets.token_urlsafe(32)
        return cls._default_manager.create(hash=token_hash(token), **values), token

    @property
    def maker(self) -> User | None:
        """Who made it, if they still might: what they may not give any more, their links do not give, either."""
        raise NotImplementedError

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back, by its maker or with what its maker might give."""
        return self.revoked_at is not None or self.maker is None

    @property
    def state(self) -> str:
        """`open`, or why it is not: `used`, `revoked` or `expired`."""
        if self.used_at is not None:
            return "used"
        if self.is_withdrawn:
            return "revoked"
        return "expired" if self.expires_at <= timezone.now() else "open"  # type: ignore[attr-defined]

    def take(self) -> bool:
        """Mark it as used, in the transaction of the caller. Of any number of attempts at once exactly one may.

        It is read again then, and what was withdrawn meanwhile is not taken.
        """
        now = timezone.now()
        rows = type(self)._default_manager.filter(
            Q(expires_at__gt=now), pk=self.pk, used_at__isnull=True, revoked_at__isnull=True
        )
        if not rows.update(used_at=now):
            return False
        self.refresh_from_db()
        if self.is_withdrawn:
            type(self)._default_manager.filter(pk=self.pk).update(used_at=None)
            return False
        return True


class Invitation(Link):
    """Whoever holds the link makes an account of their own, in `group`."""

    email = models.EmailField(
        blank=True, help_text="Where mail can be sent, the link goes there. It becomes the account's address."
    )
    group = models.ForeignKey(
        Group, models.SET_NULL, null=True, blank=True, related_name="+", help_text="What the account belongs to."
    )
    inviter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="invitations"
    )
    expires_at = models.DateTimeField("expires (UTC)", default=invitation_end)
    # It holds a mail address: it goes with the person whose address that is.
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, editable=False, related_name="+")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"invitation {self.pk}{f' for {self.email}' if self.email else ''}"

    @property
    def maker(self) -> User | None:
        groups = [self.group] if self.group is not None else []
        may = _may(self.inviter, "chat.add_invitation") and grantable(self.inviter, groups)
        return self.inviter if may else None

    def admit(self, user: User) -> None:
        """Note who used it, and put them into its group."""
        type(self).objects.filter(pk=self.pk).update(used_by=user)
        if self.group is not None:
            user.groups.add(self.group)


class PasswordLink(Link):
    """Whoever holds the link chooses a new password for one account."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="password_links")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", help_text="Which admin."
    )
    expires_at = models.DateTimeField("expires (UTC)", default=password_link_end)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"password link {self.pk} for {self.user}"

    @property
    def maker(self) -> User | None:
        # Who has become more powerful since is not for everybody who could change them before.
        may = _may(self.made_by, "auth.change_user") and touchable(self.made_by, self.user)
        return self.made_by if may else None

    @property
    def is_withdrawn(self) -> bool:
        return super().is_withdrawn or not self.user.is_active

    @classmethod
    def revoke_all(cls, user: User) -> None:
        """Have a person's open links open nothing any more."""
        cls.objects.filter(user=user, used_at=None, revoked_at=None).update(revoked_at=timezone.now())


def _may(maker: User | None, right: str) -> TypeGuard[User]:
    """Whether somebody may enter the admin, and do there what this right allows."""
    return maker is not None and maker.is_active and maker.is_staff and maker.has_perm(right)


class ClaimedGroup(models.Model):
    """A membership that the OpenID Connect provider told of, and may take back; others are nobody's but the admin's."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="claimed_groups")
    group = models.ForeignKey(Group, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="claimed_group_is_one")]

    def __str__(self) -> str:
        return f"{self.user}: {self.group}"
