"""Links for a new password, of mails and of admins: for one use, by who still has the account."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.test import Client, override_settings

from chat import deletion
from chat.accounts.reset import TokenGenerator
from chat.models import PasswordLink

PASSWORD: Final = "correct horse battery staple"
FRESH: Final = "a fresh battery staple"
NEW: Final = {"password1": FRESH, "password2": FRESH}

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Iterator[User]:
    User.objects.create_superuser("boss")
    # Passwords are set often here, and none of them guards anything.
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield User.objects.create_user("alice", "alice@example.org", PASSWORD)


def mailed(user: User) -> str:
    return f"/accounts/password/reset/key/{user_pk_to_url_str(user)}-{TokenGenerator().make_token(user)}/"


def made(user: User) -> str:
    _, token = PasswordLink.issue(user=user, made_by=User.objects.get(username="boss"))
    return f"/accounts/new-password/?token={token}"


def use(client: Client, link: str) -> bool:
    """Open a link and choose a password. Returns whether it became the account's."""
    page = client.get(link)
    where = page.headers.get("Location", link)
    client.post(where, NEW)
    return User.objects.get(username="alice").check_password(FRESH)


def deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def leave(user: User) -> None:
    deletion.schedule(user)


@pytest.mark.parametrize("kind", [mailed, made])
def test_a_link_is_used_once_and_signs_nobody_in(kind: Callable[[User], str], alice: User) -> None:
    link = kind(alice)
    client = Client()
    assert use(client, link)
    assert "_auth_user_id" not in client.session
    alice.set_password(PASSWORD)
    alice.save()
    assert not use(client, link)
    assert not use(Client(), link)


@pytest.mark.parametrize("change", [deactivate, leave])
@pytest.mark.parametrize("kind", [mailed, made])
def test_who_may_not_come_in_gets_no_password(
    kind: Callable[[User], str], change: Callable[[User], None], alice: User
) -> None:
    link, opened = kind(alice), Client()
    # One that is open in a browser already is no way around.
    where = opened.get(link).headers.get("Location", link)
    change(alice)
    opened.post(where, NEW)
    assert not User.objects.get(pk=alice.pk).check_password(FRESH)
    assert not use(Client(), link)


def test_another_password_ends_a_mailed_link(alice: User) -> None:
    link, opened = mailed(alice), Client()
    where = opened.get(link).headers["Location"]
    alice.set_password("something else")
    alice.save()
    opened.post(where, NEW)
    assert not User.objects.get(pk=alice.pk).check_password(FRESH)


def test_a_new_password_leaves_the_second_factor(alice: User) -> None:
    TOTP.activate(alice, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    client = Client()
    assert use(client, mailed(alice))
    answer = client.post("/accounts/login/", {"login": "alice", "password": FRESH})
    assert answer.headers["Location"].startswith("/accounts/two-factor/")
    assert "_auth_user_id" not in client.session


def test_a_key_of_one_person_opens_nobody_elses_account(alice: User) -> None:
    mallory = User.objects.create_user("mallory", "mallory@example.org", PASSWORD)
    key = TokenGenerator().make_token(mallory)
    assert not use(Client(), f"/accounts/password/reset/key/{user_pk_to_url_str(alice)}-{key}/")
    for odd in ("0-x", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-x", "1-set-password"):
        assert Client().get(f"/accounts/password/reset/key/{odd}/").status_code in {200, 302, 404}


@override_settings(EMAIL_URL="smtp://127.0.0.1:1")
@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org", "gone@example.org", "ALICE@EXAMPLE.ORG"])
def test_asking_for_a_link_tells_nobody_who_has_an_account(email: str, alice: User) -> None:
    User.objects.create_user("gone", "gone@example.org", is_active=False)
    answer = Client().post("/accounts/password/reset/", {"email": email})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/password/reset/done/")
