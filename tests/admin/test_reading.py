"""Who sees in the admin what people said, and who they are; and that it is recorded."""

from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.utils import timezone

from chat.models import ApiKey, Conversation, Generation
from chat.usage import csv_export
from chat.usage.period import Period
from chat.usage.selection import Selection
from tests.admin.rows import talk
from tests.usage.rows import priced_model, record

WORDS = ("a secret question", "a secret answer", "secret instructions", "secret schema", "quoted secret")


@pytest.fixture
def talked(db: None) -> Generation:
    """A conversation of alice's, full of words that are hers."""
    generation = talk(User.objects.create_user("alice"), None, WORDS[0], WORDS[1])
    Conversation.objects.update(system_prompt=WORDS[2])
    Generation.objects.update(parameters={"response_format": WORDS[3]}, error_type="unknown", error_message=WORDS[4])
    return Generation.objects.get(pk=generation.pk)


def allow(*codenames: str) -> None:
    User.objects.get(username="clerk").user_permissions.set(Permission.objects.filter(codename__in=codenames))


def seen(client: Client, *paths: str) -> list[str]:
    """Which of the words stand on the pages; a page that is refused shows none."""
    text = "".join(client.get(path).content.decode() for path in paths)
    return [words for words in WORDS if words in text]


def pages(generation: Generation) -> list[str]:
    conversation = generation.message.conversation_id
    return [
        "/admin/chat/generation/",
        f"/admin/chat/generation/{generation.pk}/change/",
        "/admin/chat/conversation/",
        f"/admin/chat/conversation/{conversation}/change/",
        f"/admin/chat/conversation/{conversation}/delete/",
        "/admin/chat/message/",
        f"/admin/chat/message/{generation.message_id}/change/",
        "/admin/admin/logentry/",
        "/admin/",
    ]


def test_the_right_to_see_generations_shows_no_texts(clerk_browser: Client, talked: Generation) -> None:
    allow("view_generation")
    assert clerk_browser.get("/admin/chat/generation/").status_code == 200
    assert seen(clerk_browser, *pages(talked)) == []
    list_of = "/admin/chat/generation/"
    assert b"alice" not in clerk_browser.get(list_of, {"q": "quoted secret"}).content.split(b"result_list")[-1]
    for lookup in ("error_message__contains", "message__content__contains", "parameters__icontains"):
        assert clerk_browser.get(list_of, {lookup: "secret"}).status_code == 400
    allow("view_generation", "view_conversation")
    assert set(seen(clerk_browser, *pages(talked)[:2])) == {WORDS[0], WORDS[3], WORDS[4]}


def test_reading_somebody_elses_conversation_is_recorded(browser: Client, boss: User, talked: Generation) -> None:
    path = f"/admin/chat/conversation/{talked.message.conversation_id}/change/"
    assert WORDS[1] in browser.get(path).content.decode()
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.get_change_message()) == (
        boss,
        str(talked.message.conversation_id),
        "Read.",
    )
    page = browser.get("/admin/admin/logentry/").content.decode()
    assert "conversation of alice" in page
    assert "Read." in page
    assert not any(words in page for words in WORDS)
    browser.get(f"/admin/chat/message/{talked.message_id}/change/")
    browser.get("/admin/chat/message/", {"q": "secret"})
    deeds = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert deeds == ["Read.", "Read.", "Searched for “secret”."]
    own = talk(boss)
    browser.get(f"/admin/chat/conversation/{own.message.conversation_id}/change/")
    assert LogEntry.objects.count() == 3


def test_the_record_of_what_was_read_is_for_reading_only(browser: Client, talked: Generation) -> None:
    browser.get(f"/admin/chat/conversation/{talked.message.conversation_id}/change/")
    entry = LogEntry.objects.get()
    for deed in ("change", "delete"):
        assert browser.post(f"/admin/admin/logentry/{entry.pk}/{deed}/", {"post": "yes"}).status_code == 403
    assert LogEntry.objects.get() == entry


def test_where_the_admin_reads_nothing_not_even_superusers_do(browser: Client, talked: Generation) -> None:
    conversation = talked.message.conversation_id
    with override_settings(CHAT_ADMIN_READS=False):
        assert seen(browser, *pages(talked)) == []
        assert browser.get("/admin/chat/message/").status_code == 403
        assert str(conversation) in browser.get("/admin/chat/conversation/").content.decode()
        found = browser.get("/admin/chat/conversation/", {"q": "secret"}).content.decode()
        assert str(conversation) not in found
        for lookup in ("title__contains", "system_prompt__contains"):
            assert browser.get("/admin/chat/conversation/", {lookup: "secret"}).status_code == 400
        chosen = {"action": "delete_selected", "_selected_action": str(conversation)}
        assert WORDS[0] not in browser.post("/admin/chat/conversation/", chosen).content.decode()
        browser.post("/admin/chat/conversation/", {**chosen, "post": "yes"})
        assert not Conversation.objects.exists()
        assert not LogEntry.objects.filter(object_repr__contains="secret").exists()


def test_the_right_to_see_the_ledger_lists_no_people(clerk_browser: Client) -> None:
    allow("view_usagerecord")
    alice = User.objects.create_user("alice-the-first")
    key, _ = ApiKey.issue(alice, "laptop-of-alice")
    price = priced_model()[1]
    whose = {"user_id": alice.pk, "username": alice.username, "api_key_id": key.pk, "api_key_name": key.name}
    row = record(timezone.now(), price, conversation_id=uuid4(), **whose)
    paths = ("/admin/usage/", "/admin/chat/usagerecord/", f"/admin/chat/usagerecord/{row.pk}/change/")
    for path in paths:
        page = clerk_browser.get(path)
        assert page.status_code == 200
        assert b"of-alice" not in page.content
        assert b"alice-the" not in page.content
    for query in ({"user": str(alice.pk)}, {"key": str(key.pk)}):
        assert clerk_browser.get("/admin/usage/", query).status_code == 403
    for lookup in ("username__startswith", "user_id", "api_key_name__contains"):
        assert clerk_browser.get("/admin/chat/usagerecord/", {lookup: "1"}).status_code == 400
    field = {"app_label": "chat", "model_name": "budget", "field_name": "user", "term": "alice"}
    assert clerk_browser.get("/admin/autocomplete/", field).status_code == 403
    allow("view_usagerecord", "view_user")
    for path in paths:
        assert b"alice-the-first" in clerk_browser.get(path).content
    today = Period.last_days(1, timezone.now().date())
    assert b"alice" in b"".join(csv_export.lines(today, Selection()))
    assert b"alice" not in b"".join(csv_export.lines(today, Selection(), with_people=False))
