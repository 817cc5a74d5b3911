"""What the admin shows to nobody is not found out by asking for it piece by piece, either."""

from typing import Any, Final

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from chat.models import ApiKey, Conversation, Invitation

# Never in a page, whoever asks.
SECRET: Final = ("password", "hash", "session_key", "data", "token", "secret", "seed")


def clerk(*rights: str) -> Client:
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def is_answered(client: Client, address: str) -> bool:
    """Whether a list is filtered by what is asked for; where not, Django answers 400 or leads to the list."""
    return client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("right", "address"),
    [
        ("view_usersession", "usersessions/usersession/?session_key__startswith=k"),
        ("view_usersession", "usersessions/usersession/?session_key__gt=a"),
        ("view_usersession", "usersessions/usersession/?data__contains=k"),
        ("view_usersession", "usersessions/usersession/?user__password__startswith=p"),
        ("view_authenticator", "mfa/authenticator/?data__secret__startswith=g"),
        ("view_authenticator", "mfa/authenticator/?data__has_key=secret"),
        ("view_apikey", "chat/apikey/?hash__startswith=0"),
        ("view_apikey", "chat/apikey/?user__password__startswith=p"),
        ("view_invitation", "chat/invitation/?hash__startswith=0"),
        ("view_invitation", "chat/invitation/?inviter__password__startswith=p"),
        ("view_user", "auth/user/?password__startswith=p"),
        ("view_user", "auth/user/?usersession__session_key__startswith=k"),
        ("view_user", "auth/user/?api_keys__hash__startswith=0"),
        ("view_user", "auth/user/?conversations__title__startswith=S"),
        ("view_user", "auth/user/?authenticator__data__secret__startswith=g"),
        ("view_logentry", "admin/logentry/?object_repr__startswith=S"),
        ("view_logentry", "admin/logentry/?user__password__startswith=p"),
        ("view_generation", "chat/generation/?message__content__startswith=S"),
        ("view_generation", "chat/generation/?outline__contains=S"),
    ],
)
def test_no_list_is_filtered_by_what_it_does_not_show(right: str, address: str, db: None) -> None:
    boss = User.objects.create_superuser("boss")
    UserSession.objects.create(user=boss, ip="192.0.2.1", user_agent="a", session_key="kept", data={})
    Authenticator.objects.create(user=boss, type="totp", data={"secret": "gAAA"})
    ApiKey.issue(boss, "laptop")
    Invitation.issue(inviter=boss)
    talk = Conversation.objects.create(owner=boss, title="Something private")
    kind = ContentType.objects.get_for_model(Conversation)
    LogEntry.objects.create(
        user=boss,
        content_type=kind,
        object_id=str(talk.pk),
        object_repr=talk.title,
        action_flag=CHANGE,
        change_message="",
    )
    assert not is_answered(clerk(right), f"/admin/{address}")


def test_no_list_at_all_is_filtered_by_a_secret(browser: Client) -> None:
    """Of every model that the admin knows, every field with such a name, and those of what it points to."""
    asked = 0
    for model in admin.site._registry:
        list_of = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for path in secret_fields(model):
            asked += 1
            assert not is_answered(browser, f"{list_of}?{path}__startswith=a"), f"{list_of} {path}"
    assert asked > 10


def secret_fields(model: Any, prefix: str = "", depth: int = 2) -> list[str]:
    found = []
    for field in model._meta.get_fields():
        name = f"{prefix}{field.name}"
        if field.is_relation:
            if depth and field.related_model is not None:
                found += secret_fields(field.related_model, f"{name}__", depth - 1)
        elif field.name in SECRET:
            found.append(name)
    return found
