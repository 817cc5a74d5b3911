"""JSON that was stored before its depth was bounded keeps no page from being shown, and goes with its row."""

import json
from collections.abc import Iterator
from typing import Final

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import JSONField, TextField, Value
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat.models import Conversation, Generation, Message, UsageRecord
from chat.models.shallow_json import MOST_LEVELS, shallow
from chat.views.takeout import archive
from tests.admin.rows import everything
from tests.belongings import person
from tests.usage.rows import priced_model, record

# SQLite reads a thousand levels, one of which is the object around them. A view, which other functions have called,
# would read fewer.
LEVELS: Final = (300, 952, 999)
# What a person, or a model, says of these is kept as it was said.
SAID: Final = {"chat_generation": "parameters", "chat_message": "tool_calls"}


def deep(levels: int) -> Value:
    """A column's JSON, which no code of ours has written."""
    return Value('{"response_format": ' + "[" * levels + "]" * levels + ', "max_tokens": 5}', output_field=TextField())


@pytest.fixture(params=LEVELS)
def stored(request: pytest.FixtureRequest, db: None) -> None:
    """Rows of every kind, with deep JSON in each column that holds some."""
    everything(1)
    for model in apps.get_app_config("chat").get_models():
        columns = [field.name for field in model._meta.fields if isinstance(field, JSONField)]
        if columns and model is not UsageRecord:
            model._default_manager.update(**dict.fromkeys(columns, deep(request.param)))
    record(timezone.now(), priced_model("model-2", "provider-2")[1], cache_write_lifetimes=deep(request.param))


def pages(client: Client) -> Iterator[tuple[str, int]]:
    """Yield every page of the admin's that shows a row or a list of them, and how it is answered."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths = [reverse(f"{name}_changelist")]
        for pk in model._default_manager.values_list("pk", flat=True):
            paths += [reverse(f"{name}_{page}", args=[pk]) for page in ("change", "history", "delete")]
        yield from ((path, client.get(path).status_code) for path in paths)


def test_deep_json_is_no_error_on_any_page_of_the_admin(stored: None, browser: Client) -> None:
    statuses = dict(pages(browser))
    assert len([path for path in statuses if path.endswith("/change/")]) > len(LEVELS)
    # What is written stays written: such rows have no page to delete them.
    assert {path: status for path, status in statuses.items() if status not in (200, 403)} == {}
    shown = browser.get(reverse("admin:chat_generation_change", args=[Generation.objects.get().pk]))
    assert "response_format" in shown.content.decode()
    assert "…" in shown.content.decode()


def test_rows_with_deep_json_are_deleted_with_their_conversation(stored: None, browser: Client) -> None:
    path = reverse("admin:chat_conversation_delete", args=[Conversation.objects.get().pk])
    assert browser.post(path, {"post": "yes"}).status_code == 302
    assert not Generation.objects.exists()


@pytest.mark.parametrize("levels", LEVELS)
def test_nobody_is_kept_from_what_is_theirs_by_deep_json(levels: int, db: None) -> None:
    owner = person()
    name = Message.objects.all()[0].conversation_id
    with connection.cursor() as cursor:
        for table, column in SAID.items():
            nested = "[" * levels + "]" * levels
            cursor.execute(f"UPDATE {table} SET {column} = %s", [nested])  # noqa: S608 - names of our own
    User.objects.filter(pk=owner.pk).update(is_active=True)
    client = Client()
    client.force_login(owner)
    assert client.get(f"/c/{name}").status_code == 200
    assert b"".join(archive(owner, {}))


def test_what_is_not_deep_is_read_from_its_row_as_it_was_said(db: None) -> None:
    person()
    said = {"response_format": {"a": ["[[[[{{{" * 100, {"b": [1, '\\"['] * 200}]}}
    Generation.objects.update(parameters=said)
    assert Generation.objects.all()[0].parameters == said


@pytest.mark.parametrize(
    "value", [[], {}, {"a": [1, "[{", '"', "\\", {"]": "}"}]}, [[[]]] * 100, {str(n): [n] for n in range(100)}]
)
def test_what_is_not_deep_is_read_as_it_was_written(value: object) -> None:
    assert json.loads(shallow(json.dumps(value))) == value


def test_only_what_lies_too_deep_is_cut() -> None:
    inner = "[" * MOST_LEVELS + '1, {"]": 2}, 3' + "]" * MOST_LEVELS
    assert shallow(f"{inner[:-1]}, 4]") == f"{inner[:-1]}, 4]".replace('{"]": 2}', '"…"')
