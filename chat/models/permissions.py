"""Who may grant what, and touch whom: nobody gives or takes over what they do not hold themselves."""

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, Permission, User
from django.db.models import Q


def touchable(actor: AbstractBaseUser | AnonymousUser, person: User) -> bool:
    """Whether `actor` may change, sign in as, deactivate or delete `person`, given the right to do so with people.

    Superusers may touch everybody. Others only who holds no more than they do: whoever sets somebody's password or
    mail address, or wakes a deactivated account, can act as them.
    """
    if not isinstance(actor, User) or not actor.is_active:
        return False
    if actor.is_superuser:
        return True
    if person.is_superuser or (person.is_staff and not actor.is_staff):
        return False
    # Django tells no permissions of those who are deactivated, and they come back with all.
    theirs = Permission.objects.filter(Q(user=person) | Q(group__user=person))
    return _held(actor, theirs)


def grantable(actor: AbstractBaseUser | AnonymousUser, groups: Collection[Group]) -> bool:
    """Whether `actor` may put somebody into these groups: they hold all that the groups give."""
    if not isinstance(actor, User) or not actor.is_active:
        return False
    return actor.is_superuser or _held(actor, Permission.objects.filter(group__in=groups))


def _held(actor: User, permissions: "Collection[Permission]") -> bool:
    held = actor.get_all_permissions()
    return all(f"{each.content_type.app_label}.{each.codename}" in held for each in permissions)
