"""What the admin must not do: rewrite the books or the past, or show a secret."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from chat.models import ApiKey, ChatModel, Conversation, Generation, Message, Price, Provider, UsageRecord
from chat.models.access import token_hash
from tests.admin.rows import everything, talk
from tests.usage.rows import priced_model, record

CLOSED = [
    ("usagerecord", ("add", "change", "delete")),
    ("generation", ("add", "change", "delete")),
    ("conversation", ("add", "change")),
    ("price", ("change", "delete")),
]
# What Django's page sends along for a table of tiers in which nothing was entered.
NO_TIERS = {"tiers-TOTAL_FORMS": "0", "tiers-INITIAL_FORMS": "0"}
KEY = {"name": "laptop", "scopes": ["chat"]}
ROWS = {"usagerecord": UsageRecord, "generation": Generation, "conversation": Conversation, "price": Price}


@pytest.mark.parametrize(("name", "deeds"), CLOSED)
def test_what_is_written_stays_written(name: str, deeds: tuple[str, ...], browser: Client) -> None:
    everything(1)
    row = ROWS[name]._default_manager.get()
    before = ROWS[name]._default_manager.values().get()
    addresses = {"add": f"/admin/chat/{name}/add/"}
    addresses |= {deed: f"/admin/chat/{name}/{row.pk}/{deed}/" for deed in ("change", "delete")}
    for deed in deeds:
        assert browser.post(addresses[deed], {"post": "yes", "title": "forged"}).status_code == 403
    assert ROWS[name]._default_manager.values().get() == before


@pytest.mark.parametrize("name", ["usagerecord", "generation", "price"])
def test_the_books_offer_no_action_that_deletes(name: str, browser: Client) -> None:
    everything(1)
    row = ROWS[name]._default_manager.get()
    data = {"action": "delete_selected", "_selected_action": str(row.pk), "post": "yes"}
    browser.post(f"/admin/chat/{name}/", data)
    assert ROWS[name]._default_manager.filter(pk=row.pk).exists()


def test_a_new_price_is_added_beside_the_old_ones(browser: Client) -> None:
    model, old = priced_model()
    data = NO_TIERS | {"model": model.pk, "input_per_million": "2.5", "output_per_million": "10", "currency": "EUR"}
    when = {"valid_from_0": "2030-01-01", "valid_from_1": "00:00:00"}
    assert browser.post("/admin/chat/price/add/", data | when).status_code == 302
    new = Price.objects.exclude(pk=old.pk).get()
    assert (new.origin, new.currency, str(new.input_per_million)) == (Price.Origin.ADMIN, "EUR", "2.500000")
    assert new.valid_from.year == 2030


def test_a_price_whose_start_is_left_as_offered_begins_when_it_is_saved(browser: Client) -> None:
    model, first = priced_model()
    page = browser.get("/admin/chat/price/add/", {"model": model.pk}).content.decode()
    offered = dict(re.findall(r'name="((?:initial-)?valid_from_[01])" value="([^"]+)"', page))
    old = Price.objects.create(model=model, input_per_million=1, output_per_million=1)
    data = NO_TIERS | {"model": model.pk, "input_per_million": "1", "output_per_million": "1", "currency": "USD"}
    assert browser.post("/admin/chat/price/add/", data | offered).status_code == 302
    assert Price.objects.exclude(pk__in=[first.pk, old.pk]).get().valid_from > old.valid_from


@pytest.mark.parametrize("wrong", [{"currency": "euro"}, {"input_per_million": "-1"}, {"output_per_million": ""}])
def test_a_price_that_makes_no_sense_is_refused(wrong: dict[str, str], browser: Client) -> None:
    model, _ = priced_model()
    data = NO_TIERS | {"model": str(model.pk), "input_per_million": "1", "output_per_million": "1", "currency": "USD"}
    when = {"valid_from_0": "2030-01-01", "valid_from_1": "00:00:00"}
    response = browser.post("/admin/chat/price/add/", data | when | wrong)
    assert list(response.context["adminform"].form.errors) == list(wrong)
    assert Price.objects.count() == 1


def test_a_provider_with_credentials_in_its_address_is_refused(browser: Client) -> None:
    data = {"name": "x", "kind": "openai", "base_url": "https://me:secret@llm.example.org", "enabled": "on"}
    response = browser.post("/admin/chat/provider/add/", data)
    assert "base_url" in response.context["adminform"].form.errors


def test_a_provider_whose_variable_is_not_for_keys_is_refused(browser: Client) -> None:
    data = {"name": "x", "kind": "openai", "api_key_variable": "SECRET_KEY", "admin_key_variable": "OPENAI_API_KEY"}
    response = browser.post("/admin/chat/provider/add/", data)
    assert {"api_key_variable", "admin_key_variable"} <= response.context["adminform"].form.errors.keys()


def test_only_superusers_say_where_keys_are_sent_and_others_may_set_caching(clerk_browser: Client) -> None:
    clerk = User.objects.get(username="clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename__endswith="_provider"))
    row = Provider.objects.create(name="x")
    data = {
        "name": "x",
        "enabled": "on",
        "prompt_caching": "hour",
        "drain_seconds": 0,
        "drain_tokens": 500,
        "base_url": "https://elsewhere.example.org",
        "api_key_variable": "OTHER_API_KEY",
        "admin_key_variable": "OTHER_ADMIN_KEY",
    }
    assert clerk_browser.post(f"/admin/chat/provider/{row.pk}/change/", data).status_code == 302
    row.refresh_from_db()
    assert row.prompt_caching == "hour"
    assert (row.base_url, row.api_key_variable, row.admin_key_variable) == ("", "", "")


def test_a_key_is_issued_and_shown_exactly_once(browser: Client, boss: User) -> None:
    answer = browser.post("/admin/chat/apikey/add/", {"user": boss.pk, "name": "laptop", "scopes": ["usage", "chat"]})
    assert answer.status_code == 200
    assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", "))
    (key,) = re.findall(r'<code id="issued">(cs-[\w-]+)</code>', answer.content.decode())
    row = ApiKey.objects.get()
    assert (row.user, row.name, row.hash) == (boss, "laptop", token_hash(key))
    assert (row.scopes, row.expires_at) == (["chat", "usage"], None)
    assert key not in repr(browser.cookies)
    assert "messages" not in browser.cookies
    assert not any(key in repr(session.get_decoded()) for session in Session.objects.all())
    assert ApiKey.find(key) == row
    for path in (
        "/admin/chat/apikey/",
        f"/admin/chat/apikey/{row.pk}/change/",
        f"/admin/chat/apikey/{row.pk}/history/",
    ):
        later = browser.get(path).content.decode()
        assert key not in later
        assert row.hash not in later


def test_nobody_chooses_a_keys_hash(browser: Client, boss: User) -> None:
    chosen = token_hash("cs-known")
    browser.post("/admin/chat/apikey/add/", {**KEY, "user": boss.pk, "hash": chosen, "prefix": "cs-known"})
    assert ApiKey.objects.get().hash != chosen
    row = ApiKey.objects.get()
    browser.post(f"/admin/chat/apikey/{row.pk}/change/", {"name": "renamed", "hash": chosen, "user": "0"})
    row.refresh_from_db()
    assert (row.name, row.user) == ("renamed", boss)
    assert row.hash != chosen


def test_staff_issue_keys_for_themselves_only(clerk_browser: Client, boss: User) -> None:
    clerk = User.objects.get(username="clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["add_apikey", "view_apikey"]))
    clerk_browser.post("/admin/chat/apikey/add/", {**KEY, "user": boss.pk})
    assert not ApiKey.objects.exists()
    clerk_browser.post("/admin/chat/apikey/add/", {**KEY, "user": clerk.pk})
    assert ApiKey.objects.get().user == clerk


def test_a_key_has_a_purpose_and_no_end_in_the_past(browser: Client, boss: User) -> None:
    when = {"expires_at_0": "2020-01-01", "expires_at_1": "00:00:00"}
    form = {**KEY, "user": boss.pk, "scopes": ["everything"], **when}
    page = browser.post("/admin/chat/apikey/add/", form)
    assert set(page.context["adminform"].form.errors) == {"scopes", "expires_at"}
    page = browser.post("/admin/chat/apikey/add/", {**form, "scopes": []})
    assert "scopes" in page.context["adminform"].form.errors
    form |= {"scopes": ["chat"], "expires_at_0": "2900-01-01"}
    assert browser.post("/admin/chat/apikey/add/", form).status_code == 200
    row = ApiKey.objects.get()
    form |= {"scopes": ["admin"], "expires_at_0": "2950-01-01"}
    assert browser.post(f"/admin/chat/apikey/{row.pk}/change/", form).status_code == 302
    row.refresh_from_db()
    assert (row.scopes, row.expires_at and row.expires_at.year) == (["chat"], 2900)


def test_a_revoked_key_opens_nothing(browser: Client, boss: User) -> None:
    row, key = ApiKey.issue(boss, "laptop")
    _, other = ApiKey.issue(boss, "phone")
    browser.post("/admin/chat/apikey/", {"action": "revoke", "_selected_action": row.pk})
    assert ApiKey.find(key) is None
    assert ApiKey.find(other) is not None


def test_one_model_is_made_the_default(browser: Client) -> None:
    old, _ = priced_model("old")
    new, _ = priced_model("new")
    ChatModel.objects.filter(pk=old.pk).update(is_default=True)
    browser.post("/admin/chat/chatmodel/", {"action": "make_default", "_selected_action": new.pk})
    assert ChatModel.objects.get(is_default=True) == new


def test_two_models_cannot_both_become_the_default(browser: Client) -> None:
    models = [priced_model(name)[0].pk for name in ("one", "two")]
    page = browser.post("/admin/chat/chatmodel/", {"action": "make_default", "_selected_action": models}, follow=True)
    assert "there is only one default" in page.content.decode()
    assert not ChatModel.objects.filter(is_default=True).exists()


def test_a_disabled_model_cannot_become_the_default(browser: Client) -> None:
    model, _ = priced_model()
    ChatModel.objects.update(enabled=False)
    browser.post("/admin/chat/chatmodel/", {"action": "make_default", "_selected_action": model.pk})
    assert not ChatModel.objects.filter(is_default=True).exists()


def test_models_are_switched_off_in_the_list(browser: Client) -> None:
    model, _ = priced_model()
    form = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": model.pk, "_save": "Save"}
    assert browser.post("/admin/chat/chatmodel/", form).status_code == 302
    model.refresh_from_db()
    assert not model.enabled


@pytest.mark.parametrize(
    "path", ["/admin/auth/user/{owner}/delete/", "/admin/chat/conversation/{conversation}/delete/"]
)
def test_the_ledger_outlives_the_people_and_their_chats(path: str, browser: Client) -> None:
    owner = User.objects.create_user("alice")
    generation = talk(owner)
    _, price = priced_model()
    row = record(timezone.now(), price, user_id=owner.pk, conversation_id=generation.message.conversation_id)
    address = path.format(owner=owner.pk, conversation=generation.message.conversation_id)
    question = browser.get(address).content.decode()
    assert "Messages: 2" in question
    assert "Generations: 1" in question
    assert browser.post(address, {"post": "yes"}).status_code == 302
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    assert UsageRecord.objects.get() == row


def test_many_people_are_deleted_at_once(browser: Client) -> None:
    owners = [User.objects.create_user(name) for name in ("alice", "bob")]
    for owner in owners:
        talk(owner)
    data = {"action": "delete_selected", "_selected_action": [owner.pk for owner in owners], "post": "yes"}
    browser.post("/admin/auth/user/", data)
    assert list(User.objects.values_list("username", flat=True)) == ["boss"]
    assert not Message.objects.exists()


def test_those_who_may_not_delete_people_cannot(clerk_browser: Client) -> None:
    clerk = User.objects.get(username="clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_user"))
    assert clerk_browser.post(f"/admin/auth/user/{clerk.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=clerk.pk).exists()


def test_staff_without_the_right_see_no_list(clerk_browser: Client) -> None:
    for name in (*ROWS, "provider", "chatmodel", "apikey"):
        assert clerk_browser.get(f"/admin/chat/{name}/").status_code == 403
