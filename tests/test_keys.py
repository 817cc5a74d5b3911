"""Keys of programs: what they are for, and until when."""

from datetime import timedelta
from importlib import import_module
from io import StringIO

import httpx2
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from chat.models import ApiKey
from tests.harness.site import PASSWORD, Site

# One address for each scope, and whose key opens it.
DOORS = {"chat": "/api/conversations", "usage": "/usage/export.csv", "admin": "/admin/usage/export.csv"}


@pytest.fixture(scope="module")
def keys(site: Site) -> dict[str, str]:
    """Keys of the admin, by what they are for; one of each scope, one of two, and one that has expired."""
    printed = site.shell(
        "from django.utils import timezone",
        "admin = User.objects.get(username='admin')",
        "for name in ('chat', 'usage', 'admin', 'admin+usage'):",
        "    print(name, ApiKey.issue(admin, name, scopes=name.split('+'))[1])",
        "print('usual', ApiKey.issue(admin, 'usual')[1])",
        "print('expired', ApiKey.issue(admin, 'expired', expires_at=timezone.now())[1])",
        "print('bob', ApiKey.issue(User.objects.get(username='bob'), 'admin', scopes=['admin'])[1])",
    )
    words = printed.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def statuses(site: Site, key: str) -> dict[str, int]:
    with httpx2.Client(base_url=site.url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
        return {scope: client.get(path).status_code for scope, path in DOORS.items()}


@pytest.mark.parametrize("scope", DOORS)
def test_a_key_opens_what_it_is_for_and_nothing_else(scope: str, site: Site, keys: dict[str, str]) -> None:
    assert statuses(site, keys[scope]) == {name: 200 if name == scope else 403 for name in DOORS}


def test_a_refusal_names_the_scope_that_is_missing(site: Site, keys: dict[str, str]) -> None:
    with httpx2.Client(base_url=site.url, headers={"Authorization": f"Bearer {keys['chat']}"}, trust_env=False) as chat:
        for path, scope in (("/usage/export.csv", "usage"), ("/metrics", "admin")):
            error = chat.get(path).json()["error"]
            assert error["type"] == "forbidden"
            assert f"lacks the scope “{scope}”" in error["message"]
            assert keys["chat"] not in error["message"]


def test_a_key_of_several_scopes_opens_each_and_the_usual_one_looks_at_nobody_else(
    site: Site, keys: dict[str, str]
) -> None:
    assert statuses(site, keys["admin+usage"]) == {"chat": 403, "usage": 200, "admin": 200}
    assert statuses(site, keys["usual"]) == {"chat": 200, "usage": 200, "admin": 403}


def test_the_scope_admin_gives_nobody_rights(site: Site, keys: dict[str, str]) -> None:
    assert statuses(site, keys["bob"])["admin"] == 403


def test_an_expired_key_is_told_so(site: Site, keys: dict[str, str]) -> None:
    bearer = {"Authorization": f"Bearer {keys['expired']}"}
    with httpx2.Client(base_url=site.url, headers=bearer, trust_env=False) as client:
        for path in (*DOORS.values(), "/api/events", "/metrics"):
            assert client.get(path).status_code == 401
        assert "expired" in client.get("/api/models").json()["error"]["message"]


def test_the_command_makes_a_key_for_what_it_is_told_to(db: None) -> None:
    alice = User.objects.create_user("alice")
    printed = StringIO()
    options = ["--scope", "admin", "--scope", "chat", "--expires", "30", "--name", "nightly"]
    call_command("createapikey", "alice", *options, stdout=printed)
    row = ApiKey.find(printed.getvalue().split()[-1])
    assert row is not None
    assert (row.user, row.name, row.scopes) == (alice, "nightly", ["chat", "admin"])
    assert row.expires_at is not None
    assert timedelta(days=29) < row.expires_at - timezone.now() < timedelta(days=31)


@pytest.mark.parametrize("expires", ["yesterday", "2020-01-01", "0", "99999999999"])
def test_an_end_that_makes_no_sense_makes_no_key(expires: str, db: None) -> None:
    User.objects.create_user("alice")
    with pytest.raises(CommandError, match="--expires"):
        call_command("createapikey", "alice", "--expires", expires)
    assert not ApiKey.objects.exists()


def test_a_key_that_was_there_before_keeps_what_it_could_do(db: None) -> None:
    row, key = ApiKey.issue(User.objects.create_user("alice"), "old")
    import_module("chat.migrations.0013_rights").keep_scopes(apps, None)
    row.refresh_from_db()
    assert row.scopes == ["chat", "usage", "admin"]
    assert ApiKey.find(key) == row


def test_a_key_is_in_force_until_its_end(db: None) -> None:
    alice = User.objects.create_user("alice")
    now = timezone.now()
    over, _ = ApiKey.issue(alice, "over", expires_at=now - timedelta(seconds=1))
    lasting, _ = ApiKey.issue(alice, "lasting", expires_at=now + timedelta(hours=1))
    endless, _ = ApiKey.issue(alice, "endless")
    assert set(ApiKey.in_force()) == {lasting, endless}
    assert [row.is_expired for row in (over, lasting, endless)] == [True, False, False]


def test_a_key_is_made_only_by_who_has_proved_a_short_while_ago_who_they_are(db: None) -> None:
    boss = User.objects.create_superuser("boss", password=PASSWORD)
    kept, _ = ApiKey.issue(boss, "kept")
    form = {"name": "program", "life": "", "scopes": ["chat"], "user": str(boss.pk)}
    browser = Client()
    # Without any record of when somebody came in, as a session that was stolen may be.
    browser.force_login(boss)
    page = browser.get("/settings/keys/").content.decode()
    assert "kept" in page
    assert 'name="scopes"' not in page
    for address, asks in (("/settings/keys/", "/settings/keys/?new"), ("/admin/chat/apikey/add/",) * 2):
        assert browser.post(address, form)["Location"] == asks
        confirm = browser.get(asks)["Location"]
        assert confirm.startswith("/accounts/confirm/?next=")
        assert browser.post(confirm, {"password": "a guess"}).status_code == 200
        assert browser.post(address, form).status_code == 302
        # Nothing that was asked for before is done once they confirm.
        assert browser.post(confirm, {"password": PASSWORD})["Location"] == asks
        assert set(ApiKey.objects.values_list("name", flat=True)) == {"kept"}
        assert 'name="scopes"' in browser.get(asks).content.decode()
        assert "cs-" in browser.post(address, form).content.decode()
        ApiKey.objects.exclude(pk=kept.pk).delete()
        session = browser.session
        del session["account_authentication_methods"]
        session.save()
    # To take one away nobody is asked.
    assert browser.post(f"/settings/keys/{kept.pk}/revoke").status_code == 302
    kept.refresh_from_db()
    assert kept.revoked_at


def test_who_has_no_password_signs_in_again_to_make_a_key(db: None) -> None:
    browser = Client()
    browser.force_login(User.objects.create_user("from-elsewhere"))
    assert browser.get("/settings/keys/?new")["Location"].startswith("/accounts/again/?next=")
