"""JSON that is deeper than anybody means it, from before there was a limit, keeps no page from being shown."""

from typing import Final

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from chat.models import Generation, Message
from chat.views.takeout import archive
from tests.belongings import person

# SQLite takes JSON of no more levels.
LEVELS: Final = (300, 952, 1000)
# What a person, or a model, says of these is kept as it was said.
SAID: Final = {"chat_generation": "parameters", "chat_message": "tool_calls"}


@pytest.fixture
def owner(db: None) -> User:
    return person()


def bury(levels: int) -> None:
    with connection.cursor() as cursor:
        for table, column in SAID.items():
            deep = "[" * levels + "]" * levels
            cursor.execute(f"UPDATE {table} SET {column} = %s", [deep])  # noqa: S608 - names of our own


@pytest.mark.parametrize("levels", LEVELS)
def test_no_page_of_the_admin_fails_at_deep_json(levels: int, browser: Client, owner: User) -> None:
    generation, message = Generation.objects.all()[0], Message.objects.all()[0]
    pages = {
        f"/admin/chat/generation/{generation.pk}/": ("change", "history"),
        f"/admin/chat/message/{message.pk}/": ("change", "history"),
        f"/admin/chat/conversation/{message.conversation_id}/": ("change", "history", "delete"),
        f"/admin/auth/user/{owner.pk}/": ("change", "delete"),
    }
    bury(levels)
    for path in ("/admin/chat/generation/", "/admin/chat/message/", "/admin/chat/conversation/"):
        assert browser.get(path).status_code == 200
    for base, names in pages.items():
        for name in names:
            assert browser.get(f"{base}{name}/").status_code == 200, (base, name)


@pytest.mark.parametrize("levels", LEVELS)
def test_nobody_is_kept_from_what_is_theirs_by_deep_json(levels: int, owner: User) -> None:
    name = Message.objects.all()[0].conversation_id
    bury(levels)
    User.objects.filter(pk=owner.pk).update(is_active=True)
    client = Client()
    client.force_login(owner)
    assert client.get(f"/c/{name}").status_code == 200
    assert b"".join(archive(owner, {}))


def test_what_is_not_deep_is_read_as_it_was_said(owner: User) -> None:
    said = {"response_format": {"a": ["[[[[{{{" * 100, {"b": [1, '\\"['] * 200}]}}
    Generation.objects.update(parameters=said)
    assert Generation.objects.all()[0].parameters == said
