"""What signing in and a second factor promise beneath their pages."""

import re
from contextlib import closing
from datetime import timedelta
from time import time

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from chat.accounts import sessions
from tests.harness.authenticator import code
from tests.harness.site import Site

PASSWORD = "lovelace-1815"
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget() -> None:
    """Limits are counted in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password=PASSWORD)


def enter(client: Client, name: str = "ada", **more: str) -> str:
    return str(client.post("/accounts/login/", {"login": name, "password": PASSWORD, **more}).headers["Location"])


def test_the_admins_door_leads_to_the_one_and_back(client: Client, ada: User) -> None:
    assert client.get("/admin/login/?next=/admin/chat/")["Location"] == "/accounts/login/?next=%2Fadmin%2Fchat%2F"
    assert client.post("/admin/login/", {"username": "ada", "password": PASSWORD}).status_code == 302
    assert "_auth_user_id" not in client.session
    assert enter(client, next="/admin/chat/") == "/admin/chat/"
    assert client.get("/admin/login/").status_code == 403
    User.objects.update(is_staff=True)
    assert client.get("/admin/login/?next=https://elsewhere.example/")["Location"] == "/admin/"


def passkey() -> dict[str, object]:
    """Return what is stored of a passkey, whose key is nobody's. Source: WebAuthn Level 3, sections 5.2.1 and 6.5."""
    key = ES256({1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)})
    stored = AttestedCredentialData.create(Aaguid.NONE, b"a passkey", key)
    told = AuthenticatorData.create(bytes(32), AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT, 0, stored)
    attestation = websafe_encode(AttestationObject.create("none", told, {}))
    client_data = websafe_encode(b'{"type": "webauthn.create", "challenge": "AA", "origin": "http://testserver"}')
    name = websafe_encode(b"a passkey")
    response = {"clientDataJSON": client_data, "attestationObject": attestation}
    return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


def test_the_second_step_speaks_of_what_one_has(client: Client, ada: User) -> None:
    def asked() -> str:
        assert enter(client) == "/accounts/two-factor/"
        return client.get("/accounts/two-factor/").content.decode()

    Authenticator.objects.create(user=ada, type="webauthn", data={"name": "key", "credential": passkey()})
    page = asked()
    assert "Use your passkey" in page
    assert "app" not in re.sub(r"<head>.*</head>", "", page, flags=re.DOTALL)
    assert 'name="code"' not in page
    RecoveryCodes.activate(ada)
    page = asked()
    assert "type one of your recovery codes" in page
    assert "Recovery code</label>" in page
    wrong = client.post("/accounts/two-factor/", {"code": "12345678"}).content.decode()
    assert "none of your recovery codes" in wrong
    TOTP.activate(ada, KEY)
    page = asked()
    assert "your authenticator app shows, or one of your recovery codes" in page
    assert "Use a passkey instead" in page
    Authenticator.objects.exclude(type="totp").delete()
    page = asked()
    assert "recovery" not in page
    assert "passkey" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_staff_cannot_pass_a_second_factor_by_the_admins_own_form(client: Client, ada: User) -> None:
    boss = User.objects.create_superuser("boss", password=PASSWORD)
    TOTP.activate(boss, KEY)
    ada.is_staff = True
    ada.save()
    client.force_login(ada)
    client.post("/admin/login/", {"username": "boss", "password": PASSWORD, "next": "/admin/"})
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_codes_cannot_be_guessed(client: Client, ada: User) -> None:
    TOTP.activate(ada, KEY)
    assert enter(client) == "/accounts/two-factor/"
    answers = [client.post("/accounts/two-factor/", {"code": "000000"}).content for _ in range(6)]
    assert b"not right" in answers[0]
    assert b"Too many" in answers[-1]
    # The right one waits, too.
    client.post("/accounts/two-factor/", {"code": code(KEY)})
    assert "_auth_user_id" not in client.session


def test_a_factor_lies_encrypted_and_one_of_another_secret_key_opens_nothing(
    client: Client, ada: User, settings: pytest.FixtureRequest
) -> None:
    TOTP.activate(ada, KEY)
    assert KEY not in str(Authenticator.objects.get().data)
    assert TOTP(Authenticator.objects.get()).validate_code(code(KEY))
    settings.SECRET_KEY = "another key of fifty characters, as random as it is long"  # type: ignore[attr-defined]
    assert not TOTP(Authenticator.objects.get()).validate_code(code(KEY))


def test_a_session_that_ran_out_leaves_nothing_behind(client: Client, ada: User) -> None:
    other = Client()
    enter(client)
    enter(other)
    Session.objects.filter(pk=other.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    sessions.purge()
    assert [each.session_key for each in UserSession.objects.all()] == [client.session.session_key]
    assert Session.objects.count() == 1


def test_another_persons_session_cannot_be_ended(client: Client, ada: User) -> None:
    User.objects.create_user("eve", password=PASSWORD)
    eve = Client()
    enter(client)
    enter(eve, "eve")
    theirs = UserSession.objects.get(user=ada)
    eve.post("/settings/sessions/", {"session": str(theirs.pk)})
    eve.post("/settings/sessions/", {"others": "1"})
    assert client.get("/settings/sessions/").status_code == 200


def test_who_has_a_confirmed_address_says_once_more_who_they_are(client: Client, ada: User) -> None:
    EmailAddress.objects.create(user=ada, email="ada@else.example", primary=True, verified=True)
    enter(client)
    asked = client.get("/settings/two-factor/app/")
    assert asked["Location"].startswith("/accounts/confirm/")
    assert client.get(asked["Location"]).status_code == 200
    assert client.post(asked["Location"], {"password": PASSWORD})["Location"] == "/settings/two-factor/app/"


@pytest.fixture
def guest(client: Client, ada: User) -> User:
    """Ada, who came by another site's account and has no password, signed in in the browser."""
    ada.set_unusable_password()
    ada.save()
    EmailAddress.objects.create(user=ada, email="ada@else.example", primary=True, verified=True)
    client.force_login(ada)
    return ada


def signed_in(client: Client, user: User, seconds_ago: float) -> None:
    """Have it that somebody came in so long ago."""
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, method="socialaccount", at=time() - seconds_ago)
    request.session.save()


SENSITIVE = {
    "two-factor/app/": {"code": "1"},
    "two-factor/passkeys/add/": {"credential": "{}"},
    "profile/email/": {"email": "new@else.example", "action_add": "1"},
    "password/set/": {"password1": "short", "password2": "short"},
    "data/delete": {},
}


@pytest.mark.parametrize("path", SENSITIVE)
def test_who_has_no_password_signs_in_again_for_what_is_asked_of_others_by_password(
    path: str, client: Client, guest: User
) -> None:
    signed_in(client, guest, seconds_ago=301)
    answer = client.post(f"/settings/{path}", SENSITIVE[path], follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/again/")
    assert "Sign out and in again" in answer.content.decode()
    signed_in(client, guest, seconds_ago=1)
    assert client.get(f"/settings/{path}").status_code == 200
    assert client.post(f"/settings/{path}", SENSITIVE[path], follow=True).status_code == 200


def test_what_the_settings_have_to_tell_is_no_message_of_a_chat(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.post("/settings/profile/", {"username": "ada2"}).status_code == 302
    page = client.get("/").content.decode()
    transcript = page.split('id="transcript"')[1].split("</div>")[0]
    assert "<article" not in transcript
    assert "Your name is changed" in page


def test_another_persons_passkey_is_nobodys(client: Client, ada: User) -> None:
    User.objects.create_user("eve", password=PASSWORD)
    theirs = Authenticator.objects.create(user=ada, type="webauthn", data={"name": "laptop", "credential": {}})
    eve = Client()
    enter(eve, "eve")
    eve.post("/accounts/confirm/", {"password": PASSWORD})
    for path in (f"/settings/two-factor/passkeys/{theirs.pk}/", f"/settings/two-factor/passkeys/{theirs.pk}/remove/"):
        assert eve.get(path).status_code == 404
        assert eve.post(path, {"name": "mine"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.data["name"] == "laptop"


def test_the_admin_shows_no_key_of_a_session_and_no_secret_of_a_factor(client: Client, ada: User) -> None:
    boss = User.objects.create_superuser("boss", password=PASSWORD)
    TOTP.activate(boss, KEY)
    enter(client)
    UserSession.objects.update(user=boss)
    ada.is_staff = True
    ada.save()
    ada.user_permissions.set(Permission.objects.filter(content_type__app_label__in=("mfa", "usersessions")))
    session, factor = UserSession.objects.get(), Authenticator.objects.get()
    for path in ("usersessions/usersession/", f"usersessions/usersession/{session.pk}/change/"):
        page = client.get(f"/admin/{path}")
        assert page.status_code == 200
        assert session.session_key not in page.content.decode()
    page = client.get(f"/admin/mfa/authenticator/{factor.pk}/change/")
    assert page.status_code == 200
    assert not re.search("secret|gAAAA", page.content.decode())
    # What belongs to a superuser only they remove.
    assert client.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/usersessions/usersession/{session.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": str(factor.pk), "post": "yes"}
    client.post("/admin/mfa/authenticator/", chosen)
    assert Authenticator.objects.filter(pk=factor.pk).exists()


def test_deleting_a_session_in_the_admin_ends_it(client: Client, ada: User) -> None:
    enter(client)
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    session = UserSession.objects.get(user=ada)
    boss.post(f"/admin/usersessions/usersession/{session.pk}/delete/", {"post": "yes"})
    assert client.get("/settings/sessions/").status_code == 302


def test_who_has_a_confirmed_address_is_asked_for_nothing_that_is_not_there(client: Client, ada: User) -> None:
    EmailAddress.objects.create(user=ada, email="ada@example.org", primary=True, verified=True)
    enter(client)
    for path in ("/settings/two-factor/app/", "/settings/two-factor/passkeys/add/"):
        assert client.get(path)["Location"].startswith("/accounts/confirm/?next=")
    TOTP.activate(ada, KEY)
    asked = client.get("/accounts/confirm/?next=/settings/two-factor/")
    assert "Use a code instead" in asked.content.decode()
    assert client.get("/accounts/two-factor/confirm/").status_code == 200


@pytest.mark.parametrize("path", ["/settings/password/set/", "/settings/two-factor/app/", "/settings/data/download"])
def test_who_has_neither_password_nor_factor_proves_it_by_signing_in(client: Client, path: str) -> None:
    eve = User.objects.create_user("eve")
    EmailAddress.objects.create(user=eve, email="eve@example.org", primary=True, verified=True)
    client.force_login(eve)
    asked = client.get(path)
    assert asked["Location"] == f"/accounts/again/?next={path.replace('/', '%2F')}"
    page = client.get(asked["Location"])
    assert f'name="next" value="{path}"' in page.content.decode()
    assert 'name="next"' not in client.get("/accounts/again/?next=https://elsewhere.example/").content.decode()
    assert client.post("/accounts/logout/", {"next": path})["Location"] == path
    client.force_login(eve)
    session = client.session
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": time()}]
    session["account_authentication_methods_user"] = str(eve.pk)
    session.save()
    assert client.get(path).status_code == 200


def test_a_session_tells_when_it_was_last_seen(site: Site) -> None:
    site.admit("seen")
    with closing(site.session("seen")) as here, closing(site.session("seen")) as there:
        site.shell("UserSession.objects.filter(user__username='seen').update(last_seen_at='2001-02-03T04:05Z')")
        assert "last seen 3 February 2001, 04:05 UTC" in here.get("/settings/sessions/").text
        assert there.get("/api/models").status_code == 200
        page = here.get("/settings/sessions/").text
        assert f"last seen {timezone.now():%-d %B %Y}" in page
        # To write it down at each request would make all of them wait for the database's one writer.
        site.shell("UserSession.objects.filter(user__username='seen').update(last_seen_at='2001-02-03T04:05Z')")
        assert there.get("/api/models").status_code == 200
        assert "last seen 3 February 2001" in here.get("/settings/sessions/").text
