"""Nobody makes themselves more powerful than they are, and somebody can always run the site."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import override_settings

from chat import deletion
from chat.models import ApiKey, Invitation, PasswordLink
from tests.admin.conftest import browser_of

PASSWORD: Final = "a staple of another battery"
RIGHTS: Final = sorted(
    f"{model._meta.app_label}.{name}_{model._meta.model_name}"
    for model in apps.get_models()
    for name in model._meta.default_permissions
)
ALL_POWER: Final = {"is_active": "on", "is_staff": "on", "is_superuser": "on"}


@pytest.fixture(autouse=True)
def hashed_at_once() -> Iterator[None]:
    """Passwords are set hundreds of times here, and none of them guards anything."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


def granted(names: Iterable[str]) -> list[Permission]:
    pairs = [name.split(".") for name in names]
    return [Permission.objects.get(content_type__app_label=app, codename=code) for app, code in pairs]


def appoint(*rights: str, name: str = "clerk") -> User:
    """Make a member of staff with these rights."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(granted(rights))
    return user


class Attack:
    """Everything a member of staff may try to become more powerful."""

    def __init__(self, *rights: str) -> None:
        self.clerk = appoint(*rights)
        self.boss = User.objects.create_superuser("boss", password="the old one")
        # Deactivated, with more rights than the clerk's: Django tells none of theirs.
        self.former = User.objects.create_user("former", is_staff=True, is_active=False)
        self.mighty = User.objects.create_user("mighty", is_staff=True)
        self.group = Group.objects.create(name="clerks")
        self.mightier = Group.objects.create(name="mightier")
        every_right = Permission.objects.all()
        self.former.user_permissions.set(every_right)
        self.mightier.permissions.set(every_right)
        self.mighty.groups.add(self.mightier)
        self.clerk.groups.add(self.group)
        self.client = browser_of(self.clerk)
        self.held = self.clerk.get_all_permissions()

    def run(self) -> None:
        every_right = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
        powers = {**ALL_POWER, "user_permissions": every_right, "groups": [str(self.mightier.pk)]}
        when = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
        for person in (self.clerk, self.boss, self.former, self.mighty):
            form = {"username": person.username, "email": "clerk@example.org", **when}
            self.post(f"/admin/auth/user/{person.pk}/change/", {**form, **powers})
            if person == self.clerk:
                continue
            self.post(f"/admin/auth/user/{person.pk}/change/", form)
            for data in (
                {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"},
                {"unset-password": "1"},
            ):
                self.post(f"/admin/auth/user/{person.pk}/password/", data)
            self.post("/admin/chat/apikey/add/", {"user": str(person.pk), "name": "taken", "scopes": ["admin"]})
        self.post("/admin/auth/user/add/", {"username": "new", "password1": PASSWORD, "password2": PASSWORD, **powers})
        for group in (self.group, self.mightier):
            widened = {"name": group.name, "permissions": every_right}
            self.post(f"/admin/auth/group/{group.pk}/change/", widened)
        self.post("/admin/auth/group/add/", {"name": "own", "permissions": every_right, "user_set": [self.clerk.pk]})
        chosen = [str(pk) for pk in User.objects.exclude(pk=self.clerk.pk).values_list("pk", flat=True)]
        for people in ([str(self.boss.pk)], chosen, [*chosen, str(self.clerk.pk)]):
            self.post("/admin/auth/user/", {"action": "delete_selected", "_selected_action": people, "post": "yes"})
        for person in (self.mighty, self.former, self.boss):
            self.post(f"/admin/auth/user/{person.pk}/delete/", {"post": "yes"})
        chosen = [str(pk) for pk in User.objects.values_list("pk", flat=True)]
        for name in chosen:
            self.post("/admin/auth/user/", {"action": "make_password_link", "_selected_action": [name]})
        ends = {"expires_at_0": "2126-01-01", "expires_at_1": "00:00:00"}
        for group in (self.group, self.mightier):
            self.post("/admin/chat/invitation/add/", {"email": "", "group": str(group.pk), **ends})
        key = ApiKey.objects.filter(user=self.boss).first()
        if key is not None:
            self.post(f"/admin/chat/apikey/{key.pk}/change/", {"user": str(self.clerk.pk), "name": "mine"})

    def post(self, path: str, data: Mapping[str, object]) -> None:
        # As browsers send a form without files: hundreds of fields are read in no time.
        form = urlencode(data, doseq=True)
        answer = self.client.post(path, form, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in {200, 302, 403, 404}

    def succeeded(self) -> list[str]:
        """What they hold now that they did not: empty if nothing was won."""
        won = []
        clerk = User.objects.get(pk=self.clerk.pk)
        if clerk.is_superuser or clerk.get_all_permissions() - self.held:
            won.append("rights of their own")
        for person in (self.boss, self.former, self.mighty):
            now = User.objects.filter(pk=person.pk).first()
            if now is None:
                won.append(f"{person} is gone")
            elif (now.password, now.email, now.is_active, now.username, now.is_superuser) != (
                *(person.password, person.email, person.is_active, person.username, person.is_superuser),
            ):
                won.append(f"{person} was changed")
        powerful = User.objects.exclude(pk__in=[self.clerk.pk, self.boss.pk, self.former.pk, self.mighty.pk])
        won += [f"{each} has rights" for each in powerful if each.is_superuser or each.get_all_permissions()]
        won += [f"an invitation as {each.group}" for each in Invitation.objects.filter(group=self.mightier)]
        links = PasswordLink.objects.filter(user__in=[self.boss, self.former, self.mighty])
        won += [f"a link to {each.user}" for each in links]
        won += [f"a key of {key.user}" for key in ApiKey.objects.exclude(user=self.clerk)]
        return won


@pytest.mark.parametrize("right", RIGHTS)
def test_no_single_right_makes_a_superuser(right: str, db: None) -> None:
    attack = Attack(right)
    attack.run()
    assert attack.succeeded() == []


@pytest.mark.parametrize("right", [right for right in RIGHTS if right != "auth.add_user"])
def test_no_right_beside_adding_people_makes_a_superuser(right: str, db: None) -> None:
    attack = Attack("auth.add_user", right)
    attack.run()
    assert attack.succeeded() == []


def test_all_rights_that_concern_people_make_no_superuser(db: None) -> None:
    attack = Attack(*[right for right in RIGHTS if right.startswith("auth.") or right.endswith("apikey")])
    attack.run()
    assert attack.succeeded() == []


def test_staff_still_help_people_who_hold_no_more_than_they(db: None) -> None:
    clerk = browser_of(appoint("auth.change_user", "auth.delete_user", "auth.view_user"))
    alice = User.objects.create_user("alice")
    form = {"username": "alice", "first_name": "Alice", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    assert clerk.post(f"/admin/auth/user/{alice.pk}/change/", form).status_code == 302
    changed = User.objects.get(username="alice")
    assert (changed.first_name, changed.is_active) == ("Alice", False)
    assert clerk.post(f"/admin/auth/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(username="alice").exists()


def test_staff_are_told_whom_they_may_not_delete(db: None) -> None:
    clerk = browser_of(appoint("auth.delete_user", "auth.view_user"))
    boss = User.objects.create_superuser("boss")
    alice = User.objects.create_user("alice")
    chosen = {"action": "delete_selected", "_selected_action": [boss.pk, alice.pk]}
    page = clerk.post("/admin/auth/user/", chosen).content.decode()
    assert "more powerful user: boss" in page
    assert clerk.post("/admin/auth/user/", {**chosen, "post": "yes"}).status_code == 403
    assert User.objects.count() == 3


def test_whoever_may_change_groups_only_looks_at_them(db: None) -> None:
    clerk = browser_of(appoint("auth.change_group"))
    group = Group.objects.create(name="clerks")
    assert clerk.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200
    assert clerk.post(f"/admin/auth/group/{group.pk}/change/", {"name": "x"}).status_code == 403


def test_whoever_may_add_or_delete_groups_does_neither(db: None) -> None:
    # Each group gives rights, and takes them when it goes.
    clerk = browser_of(appoint("auth.add_group", "auth.delete_group", "auth.view_group"))
    group = Group.objects.create(name="clerks")
    assert clerk.get("/admin/auth/group/").status_code == 200
    assert clerk.post("/admin/auth/group/add/", {"name": "others"}).status_code == 403
    assert clerk.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    clerk.post("/admin/auth/group/", chosen)
    assert list(Group.objects.values_list("name", flat=True)) == ["clerks"]


def test_nobody_takes_what_lets_a_more_powerful_one_in(db: None) -> None:
    removable = ("mfa.{}_authenticator", "usersessions.{}_usersession")
    clerk = browser_of(appoint(*(right.format(deed) for right in removable for deed in ("view", "delete"))))
    mighty = appoint("auth.change_user", name="mighty")
    boss = User.objects.create_superuser("boss")
    alice = User.objects.create_user("alice")
    for owner, remains in ((mighty, True), (boss, True), (alice, False)):
        rows = [
            Authenticator.objects.create(user=owner, type="totp", data={}),
            UserSession.objects.create(user=owner, ip="192.0.2.1", user_agent="x", session_key=owner.username, data={}),
        ]
        for row in rows:
            path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
            # Among others, too.
            everything = list(type(row)._default_manager.values_list("pk", flat=True))
            if remains:
                clerk.post(path, {"action": "delete_selected", "_selected_action": everything, "post": "yes"})
            clerk.post(path, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
            clerk.post(f"{path}{row.pk}/delete/", {"post": "yes"})
            assert type(row)._default_manager.filter(pk=row.pk).exists() == remains, f"{row} of {owner}"


def test_nobody_is_renamed_so_that_another_one_cannot_sign_in(db: None) -> None:
    """Of two whose names differ in capital letters only, the door would let in neither."""
    User.objects.create_superuser("boss", "boss@example.org")
    alice = User.objects.create_user("alice")
    clerk = browser_of(appoint("auth.change_user"))
    for name in ("BOSS", "ｂｏｓｓ", "boss@example.org"):
        form = {"username": name, "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "is_active": "on"}
        page = clerk.post(f"/admin/auth/user/{alice.pk}/change/", form)
        assert page.status_code == 200, name
        assert "username" in page.context["adminform"].form.errors
    # What was so before can still be changed in everything else.
    User.objects.filter(pk=alice.pk).update(username="Boss")
    form = {"username": "Boss", "first_name": "Al", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    assert clerk.post(f"/admin/auth/user/{alice.pk}/change/", form).status_code == 302


def test_a_link_for_a_new_password_opens_no_account_that_has_become_more_powerful(db: None) -> None:
    maker = appoint("auth.change_user", "auth.view_user")
    alice = User.objects.create_user("alice")
    links = [PasswordLink.issue(user=alice, made_by=maker)[0] for _ in range(2)]
    assert links[0].state == "open"
    alice.is_staff = True
    alice.save()
    alice.user_permissions.set(granted(["auth.delete_user"]))
    assert PasswordLink.objects.get(pk=links[0].pk).state == "revoked"
    alice.user_permissions.clear()
    assert PasswordLink.objects.get(pk=links[0].pk).state == "open"
    # Nor does one of who may not make such links any more.
    maker.user_permissions.clear()
    assert PasswordLink.objects.get(pk=links[1].pk).state == "revoked"


def test_an_invitation_gives_no_rights_that_its_maker_does_not_hold_now(db: None) -> None:
    maker = appoint("chat.add_invitation", "chat.change_chatmodel")
    group = Group.objects.create(name="catalog")
    group.permissions.set(granted(["chat.change_chatmodel"]))
    row, _ = Invitation.issue(inviter=maker, group=group)
    assert row.state == "open"
    group.permissions.add(*granted(["auth.change_user"]))
    assert Invitation.objects.get(pk=row.pk).state == "revoked"
    group.permissions.set(granted(["chat.change_chatmodel"]))
    maker.user_permissions.set(granted(["chat.add_invitation"]))
    assert Invitation.objects.get(pk=row.pk).state == "revoked"
    # Without its maker's right to invite it opens nothing, whatever the group.
    plain, _ = Invitation.issue(inviter=User.objects.get(pk=maker.pk))
    assert plain.state == "open"
    maker.user_permissions.clear()
    assert Invitation.objects.get(pk=plain.pk).state == "revoked"


def test_who_was_let_in_again_and_is_barred_later_cannot_take_a_deletion_back(db: None) -> None:
    alice = User.objects.create_user("alice")
    User.objects.create_superuser("boss")
    deletion.schedule(alice)
    clerk = browser_of(appoint("auth.change_user"))
    form = {"username": "alice", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    path = f"/admin/auth/user/{alice.pk}/change/"
    assert clerk.post(path, {**form, "is_active": "on"}).status_code == 302
    assert User.objects.get(pk=alice.pk).is_active
    assert clerk.post(path, form).status_code == 302
    assert not deletion.is_scheduled(User.objects.get(pk=alice.pk))
    assert not deletion.cancel(alice.pk)
    assert not User.objects.get(pk=alice.pk).is_active
