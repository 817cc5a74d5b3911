"""A name to sign in with means one person, whoever types it, however and where."""

from collections.abc import Iterator
from typing import Final

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, override_settings

from chat.models import Invitation

PASSWORD: Final = "correct horse battery staple"
QUICK: Final = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
# What is one name already, or would be somebody's mail address.
REFUSED: Final = (
    "ALICE",
    "alice",
    "Ａｌｉｃｅ",
    "ａlice",
    "victim@example.org",
    "nobody@example.org",
    "a b",
    "a\0b",
    "<b>",
)


@pytest.fixture(autouse=True)
def alice(db: None) -> Iterator[User]:
    with QUICK:
        yield User.objects.create_user("alice", "victim@example.org", PASSWORD)


@pytest.mark.parametrize("name", REFUSED)
@override_settings(CHAT_SIGNUP="open")
def test_nobody_signs_up_as_another_one(name: str) -> None:
    answer = Client().post("/accounts/signup/", {"username": name, "email": "", "password1": PASSWORD})
    assert answer.status_code == 200
    assert answer.context["form"].errors["username"]
    assert User.objects.count() == 1


@pytest.mark.parametrize("name", REFUSED)
@override_settings(CHAT_SIGNUP="invite")
def test_nobody_joins_as_another_one_and_the_invitation_stays(name: str) -> None:
    boss = User.objects.create_superuser("boss")
    row, token = Invitation.issue(inviter=boss)
    client = Client()
    client.get(f"/accounts/invitation/?token={token}")
    answer = client.post("/accounts/invitation/", {"username": name, "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.context["form"].errors["username"]
    assert Invitation.objects.get(pk=row.pk).state == "open"


@pytest.mark.parametrize("name", REFUSED)
def test_nobody_is_renamed_to_another_one(name: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("bob"))
    answer = client.post("/settings/profile/", {"username": name, "first_name": ""})
    assert answer.status_code == 200
    assert answer.context["form"].errors["username"]


def test_a_name_is_kept_in_its_plain_form_and_one_that_is_an_address_may_stay() -> None:
    client = Client()
    bob = User.objects.create_user("bob")
    client.force_login(bob)
    client.post("/settings/profile/", {"username": "Ｂｏｂｂｙ", "first_name": ""})
    assert User.objects.get(pk=bob.pk).username == "Bobby"
    User.objects.filter(pk=bob.pk).update(username="bob@example.org")
    answer = client.post("/settings/profile/", {"username": "bob@example.org", "first_name": "Bob"})
    assert answer.status_code == 302


def test_a_session_that_somebody_else_chose_is_not_signed_in_with() -> None:
    client = Client()
    chosen = SessionStore()
    chosen["invitation"] = "x"
    chosen.create()
    client.cookies["sessionid"] = chosen.session_key or ""
    assert client.post("/accounts/login/", {"login": "alice", "password": PASSWORD}).status_code == 302
    assert client.cookies["sessionid"].value != chosen.session_key
    assert not SessionStore().exists(chosen.session_key or "")


@pytest.mark.parametrize("which", ["9" * 5000, "9" * 30, "-1", "٣", "x", ""])
def test_a_session_that_is_none_is_not_ended(which: str) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert client.post("/settings/sessions/", {"session": which}).status_code == 302
    assert client.get("/settings/sessions/").status_code == 200


@override_settings(CHAT_SIGNUP="invite")
def test_what_people_call_themselves_and_their_things_is_never_markup() -> None:
    bad = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD, first_name=bad)
    group = Group.objects.create(name=bad)
    client = Client(headers={"user-agent": bad})
    client.post("/accounts/login/", {"login": "boss", "password": PASSWORD})
    client.post("/settings/keys/", {"name": bad, "life": "", "scopes": ["chat"]})
    made = client.post("/settings/keys/", {"name": bad, "life": "", "scopes": ["chat"]})
    _, token = Invitation.issue(inviter=boss, group=group, email="")
    joining = Client()
    joining.get(f"/accounts/invitation/?token={token}")
    pages = [made, joining.get("/accounts/invitation/"), joining.get("/accounts/login/?next=" + bad)]
    pages += [
        client.get(path)
        for path in (
            *("/", "/settings/profile/", "/settings/keys/", "/settings/sessions/", "/settings/data/", "/usage/"),
            *("/admin/", "/admin/auth/group/", "/admin/chat/apikey/", "/admin/chat/invitation/"),
            *("/admin/usersessions/usersession/", "/admin/chat/chatmodel/", "/admin/usage/"),
            f"/admin/auth/user/{boss.pk}/change/",
        )
    ]
    for page in pages:
        assert page.status_code == 200
        text = page.content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "unsafe" not in page.headers["Content-Security-Policy"]
