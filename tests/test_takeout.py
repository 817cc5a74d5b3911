"""All of one's own data in one archive: read back and compared with the database, row by row."""

import json
import zipfile
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import ForeignKey
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from chat.models import ApiKey, Conversation, Correction, Generation, Message, Picture, Price, UsageRecord
from chat.repricing import apply, repriced
from chat.views import takeout
from tests.belongings import WORD, keys_to_users, person
from tests.harness.site import PASSWORD, Site
from tests.harness.stream import events
from tests.usage.test_totals import dearer

pytestmark = pytest.mark.django_db

# Where what points to a person stands in the archive, or why it does not.
COVERED = {
    "chat.ApiKey": "keys.jsonl",
    "chat.Budget": "account.json",
    "chat.Conversation": "conversations.jsonl",
    "chat.Generation": "messages.jsonl",
    "chat.RateLimit": "account.json",
    "chat.ChatModel_favourite_of": "account.json",
    "chat.ChatModel_people": "account.json",
    "auth.User_groups": "account.json",
    "auth.User_user_permissions": "account.json",
    "chat.AccountDeletion": "whoever can download has none",
    "account.EmailAddress": "account.json",
    "mfa.Authenticator": "account.json",
    "socialaccount.SocialAccount": "account.json",
    "usersessions.UserSession": "account.json",
    "chat.ClaimedGroup": "account.json, as a group of theirs",
    "chat.Invitation": "holds the address of somebody else",
    "chat.PasswordLink": "holds nothing but the hash of a link",
    "admin.LogEntry": "the admins' own record of what they did",
}


class Taken:
    """An archive, read as docs/takeout.md says."""

    def __init__(self, archive: bytes) -> None:
        self.zip = zipfile.ZipFile(BytesIO(archive))
        assert self.zip.testzip() is None
        self.names = self.zip.namelist()
        self.everything = b"".join(self.zip.read(name) for name in self.names).decode(errors="replace")

    def whole(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.zip.read(name), parse_float=Decimal)
        return found

    def lines(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line, parse_float=Decimal) for line in self.zip.read(name).splitlines()]


def taken(user: User) -> Taken:
    return Taken(b"".join(takeout.archive(user, {"theme": "dark"})))


def same(told: Any, stored: Any) -> bool:
    """Whether JSON tells a column's value."""
    if isinstance(told, str) and isinstance(stored, datetime):
        return parse_datetime(told) == stored
    if isinstance(stored, Decimal):
        return Decimal(told) == stored
    return bool(told == stored) or told == str(stored)


def test_the_archive_holds_what_the_database_does() -> None:
    person("marigold")
    user = person()
    price = Price.objects.get(model__name="belonging")
    dearer(price)
    apply(list(repriced(None, None)))
    _, secret = ApiKey.issue(user, "second", expires_at=timezone.now())
    archive = taken(user)
    assert archive.whole("about.json")["version"] == takeout.VERSION

    account = archive.whole("account.json")
    assert (account["username"], account["email"], account["groups"]) == (WORD, f"{WORD}@example.org", ["research"])
    assert account["preferences"] == {"theme": "dark"}
    assert [Decimal(each["amount"]) for each in account["budgets"]] == [50, 5]
    assert account["rate_limit"]["streams"] == 3
    assert len(account["permissions"]) == 1
    assert account["models"] == ["belonging"]

    keys = archive.lines("keys.jsonl")
    assert [each["name"] for each in keys] == [f"{WORD}'s laptop", "second"]
    for row in ApiKey.objects.all():
        assert row.hash not in archive.everything
    assert secret not in archive.everything
    assert "only knows" not in archive.everything
    assert [each["email"] for each in account["emails"]] == [user.email]
    assert [each["type"] for each in account["second_factors"]] == ["totp"]
    assert [each["ip"] for each in account["sessions"]] == ["192.0.2.1"]
    assert [each["uid"] for each in account["identities"]] == [f"uid-{WORD}"]
    assert user.password not in archive.everything

    conversations = {each["id"]: each for each in archive.lines("conversations.jsonl")}
    rows = Conversation.objects.filter(owner=user)
    assert len(conversations) == rows.count() == 2
    for talk in rows:
        told = conversations[str(talk.pk)]
        for name in ("title", "system_prompt", "temperature", "temporary", "pinned", "archived", "created_at"):
            assert same(told[name], getattr(talk, name)), name

    said = {each["id"]: each for each in archive.lines("messages.jsonl")}
    messages = Message.objects.filter(conversation__owner=user)
    assert len(said) == messages.count() == 3
    for message in messages:
        told = said[str(message.pk)]
        for name in (
            "conversation_id",
            "parent_id",
            "role",
            "content",
            "reasoning",
            "tool_calls",
            "status",
            "created_at",
        ):
            assert same(told[name], getattr(message, name)), name
    for generation in Generation.objects.filter(owner=user):
        assert said[str(generation.message_id)]["generation"]["parameters"] == generation.parameters

    pictures = archive.lines("pictures.jsonl")
    assert len(pictures) == 2
    for each in pictures:
        picture = Picture.objects.get(pk=each["id"], message=each["message_id"])
        assert archive.zip.read(each["file"]) == bytes(picture.data)

    used = {each["id"]: each for each in archive.lines("usage.jsonl")}
    records = UsageRecord.objects.filter(user_id=user.pk)
    assert len(used) == records.count() == 6
    for record in records:
        told = used[record.pk]
        for field in UsageRecord._meta.concrete_fields:
            assert same(told[field.attname], getattr(record, field.attname)), field.attname
        changes = Correction.objects.filter(record=record).order_by("pk")
        assert [Decimal(each["cost"]) for each in told["corrections"]] == [each.cost for each in changes]
    assert Correction.objects.exists()


def test_nothing_of_anybody_else_is_in_it() -> None:
    person()
    archive = taken(person("marigold"))
    assert "marigold" in archive.everything
    assert WORD not in archive.everything
    for other in Conversation.objects.filter(owner__username=WORD):
        assert str(other.pk) not in archive.everything


def test_whatever_points_to_a_person_is_in_it_or_said_why_not() -> None:
    assert {model._meta.label for model, _ in keys_to_users()} == set(COVERED)
    # What belongs to conversations and messages, and is no link among them.
    below = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.fields
        if isinstance(field, ForeignKey) and field.related_model in (Conversation, Message, Generation)
    }
    assert below == {"chat.Conversation", "chat.Message", "chat.Generation", "chat.JournalEntry", "chat.Picture"}


def test_somebody_without_anything_has_an_archive_too() -> None:
    archive = taken(User.objects.create_user("newcomer"))
    assert [archive.lines(name) for name in ("messages.jsonl", "usage.jsonl", "keys.jsonl")] == [[], [], []]


def test_a_hundred_thousand_messages_take_no_more_memory_than_a_few() -> None:
    user = User.objects.create_user("talkative")
    # One word: how long it takes to index many is no matter here.
    text = "x" * 500
    for number in range(50):
        talk = Conversation.objects.create(owner=user, title=f"Talk {number}")
        messages = [Message(conversation=talk, role="user", content=text) for _ in range(2000)]
        for before, message in pairwise(messages):
            message.parent = before
        Message.objects.bulk_create(messages, batch_size=500)
    largest = 0
    begin = resident()
    size = 0
    for part in takeout.archive(user, {}):
        size += len(part)
        largest = max(largest, resident() - begin)
    assert size > 1_000_000
    # All that was said is 50 MB.
    assert largest < 25_000_000


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_it_takes_a_password_once_signing_in_is_a_while_ago() -> None:
    user = User.objects.create_user("sleepy", password=PASSWORD)
    browser = Client()
    browser.post("/accounts/login/", {"login": "sleepy", "password": PASSWORD})
    assert browser.get("/settings/data/download").status_code == 200
    session = browser.session
    for each in session["account_authentication_methods"]:
        each["at"] -= 301
    session.save()
    confirm = "/accounts/confirm/?next="
    for path in ("/settings/data/download", "/settings/data/delete"):
        refused = browser.get(path)
        assert (refused.status_code, refused["Location"]) == (302, f"{confirm}{path.replace('/', '%2F')}")
    # Asked for now, it is not done when they confirm something else later.
    assert browser.post("/settings/data/delete")["Location"] == "/settings/data/delete"
    user.refresh_from_db()
    assert user.is_active
    wrong = browser.post(refused["Location"], {"password": "wrong"})
    assert "not your password" in wrong.content.decode()
    assert browser.get("/settings/data/delete").status_code == 302
    right = browser.post(refused["Location"], {"password": PASSWORD})
    assert right["Location"] == "/settings/data/delete"
    assert browser.get("/settings/data/download").status_code == 200


def test_who_has_no_password_signs_in_again() -> None:
    user = User.objects.create_user("from-elsewhere")
    browser = Client()
    browser.force_login(user)
    for path in ("/settings/data/download", "/settings/data/delete"):
        asked = browser.get(path)["Location"]
        assert asked == f"/accounts/again/?next={path.replace('/', '%2F')}"
        assert "Sign out and in again" in browser.get(asked).content.decode()


def test_it_comes_over_the_line_as_a_file(site: Site) -> None:
    site.admit("traveller")
    with site.client("traveller") as program:
        events(program, message="Pack my things", model="gpt-4o-mini")
        # A key does not prove that its owner is there.
        assert program.get("/settings/data/download").status_code == 302
    with closing(site.session("traveller")) as browser:
        answer = browser.get("/settings/data/download")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="chatsite-')
        assert answer.headers["Cache-Control"] == "private, no-store"
        archive = Taken(answer.content)
    assert [each["content"] for each in archive.lines("messages.jsonl")][:1] == ["Pack my things"]
    [used] = archive.lines("usage.jsonl")
    assert used["username"] == "traveller"
    assert used["cost"] is not None
