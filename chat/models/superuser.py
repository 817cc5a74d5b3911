"""Somebody can always run the site: its last active superuser is not deleted, deactivated or demoted by anybody."""

from collections.abc import Collection
from typing import Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import QuerySet
from django.db.models.signals import post_delete, pre_delete, pre_save
from django.dispatch import receiver

FIELDS: Final = frozenset({"is_active", "is_staff", "is_superuser"})
LAST: Final = "This is the last active superuser, and somebody has to run the site. Make another one first."


class LastSuperuserError(PermissionDenied):
    """Nobody would be left who can run the site. A view that does not catch it answers 403."""

    def __init__(self) -> None:
        super().__init__(LAST)


def superusers() -> QuerySet[User]:
    """Return who can run the site: active superusers who may enter the admin."""
    return User.objects.filter(is_active=True, is_staff=True, is_superuser=True)


def includes_last(people: Collection[User]) -> bool:
    """Whether these are all who can run the site. In a transaction two who remove each other take turns."""
    rows = superusers().order_by("pk")
    if connection.in_atomic_block:
        rows = rows.select_for_update()
    able = set(rows.values_list("pk", flat=True))
    return bool(able) and able <= {user.pk for user in people}


@receiver(pre_save, sender=User)
def _keep_on_save(instance: User, raw: bool, update_fields: Collection[str] | None, **signal: Any) -> None:
    stays = instance.is_active and instance.is_staff and instance.is_superuser
    # Signing in writes the time of it, and a new person takes nothing away.
    is_untouched = update_fields is not None and not FIELDS & set(update_fields)
    if not (raw or stays or is_untouched or instance._state.adding) and includes_last([instance]):
        raise LastSuperuserError


@receiver(pre_delete, sender=User)
def _look_before_delete(instance: User, **signal: Any) -> None:
    instance.could_run_the_site = superusers().filter(pk=instance.pk).exists()  # type: ignore[attr-defined]


@receiver(post_delete, sender=User)
def _keep_on_delete(instance: User, **signal: Any) -> None:
    """All that are deleted at once are gone by now; the error takes the transaction back."""
    if instance.could_run_the_site and not superusers().exists():  # type: ignore[attr-defined]
        raise LastSuperuserError
