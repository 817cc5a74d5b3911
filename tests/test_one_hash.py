"""How long the door takes tells nobody who has an account."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings

from chat.models import Invitation, PasswordLink
from tests.harness.site import PASSWORD


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was hashed."""
    done: list[str] = []
    real = PBKDF2PasswordHasher.encode

    def encode(self: PBKDF2PasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
        done.append(password)
        return real(self, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    # How many there are is asked, not how long each takes.
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    return done


@pytest.mark.parametrize(
    "login",
    ["alice", "ALICE", "alice@example.org", "Alice@Example.org", "nobody", "nobody@example.org", "openid",
     "barred@example.org", "mail@example.org", "unconfirmed@example.org"],
)  # fmt: skip
def test_a_wrong_password_takes_one_hash_whoever_it_is(login: str, hashed: list[str], db: None) -> None:
    alice = User.objects.create_user("alice", "alice@example.org", PASSWORD)
    EmailAddress.objects.create(user=alice, email="alice@example.org", verified=True, primary=True)
    User.objects.create_user("barred", "barred@example.org", PASSWORD, is_active=False)
    User.objects.create_user("unconfirmed", "unconfirmed@example.org", PASSWORD)
    # Whom a provider knows by their address is called so here.
    User.objects.create_user("mail@example.org", "mail@example.org", PASSWORD)
    User.objects.create_user("openid")
    hashed.clear()
    assert authenticate(None, username=login, email=login, password="a guess") is None
    assert len(hashed) == 1


def test_people_sign_in_by_name_and_by_address(db: None) -> None:
    alice = User.objects.create_user("alice", "alice@example.org", PASSWORD)
    for login in ("alice", "Alice", "alice@example.org", "ALICE@example.org"):
        assert authenticate(None, username=login, password=PASSWORD) == alice
    assert authenticate(None, email="alice@example.org", password=PASSWORD) == alice
    assert authenticate(None, username="", password=PASSWORD) is None


@pytest.mark.django_db(transaction=True)
@override_settings(CHAT_SIGNUP="invite")
def test_nobodys_writing_waits_for_the_hash_of_who_comes_by_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one who writes at a time, and a hash may wait for others."""
    in_transaction: list[bool] = []
    real = PBKDF2PasswordHasher.encode

    def encode(self: PBKDF2PasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
        in_transaction.append(connection.in_atomic_block)
        return real(self, password, salt, iterations)

    boss = User.objects.create_superuser("boss")
    alice = User.objects.create_user("alice")
    _, invitation = Invitation.issue(inviter=boss)
    _, password = PasswordLink.issue(user=alice, made_by=boss)
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    guest, forgetful = Client(), Client()
    guest.get(f"/accounts/invitation/?token={invitation}")
    assert guest.post("/accounts/invitation/", {"username": "carol", "password": PASSWORD}).status_code == 302
    forgetful.get(f"/accounts/new-password/?token={password}")
    form = {"password1": PASSWORD, "password2": PASSWORD}
    assert forgetful.post("/accounts/new-password/", form).status_code == 302
    assert in_transaction
    assert not any(in_transaction)
    for name in ("carol", "alice"):
        assert User.objects.get(username=name).check_password(PASSWORD)
