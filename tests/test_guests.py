"""How people come in: by invitation, by themselves, with a new password; over real HTTP, with a real mail server."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from tests.harness.site import PASSWORD, Site
from tests.harness.smtp import Mailbox

FRESH = "a fresh battery staple"
LINK = re.compile(r"http://[^\s<&]+/accounts/[^\s<&]+")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture(scope="module")
def open_site(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Site]:
    """A site that everybody may join, and that sends mail."""
    environment = {"CHAT_SIGNUP": "open", "EMAIL_URL": mailbox.url}
    with Site(tmp_path_factory.mktemp("open"), environment) as running:
        yield running


@pytest.fixture(scope="module")
def invite_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for who was invited, without mail."""
    with Site(tmp_path_factory.mktemp("invite"), {"CHAT_SIGNUP": "invite"}) as running:
        yield running


def visitor(site: Site) -> httpx2.Client:
    """A browser that nobody has signed in with, and that follows where it is led."""
    return httpx2.Client(base_url=site.url, timeout=30, trust_env=False, follow_redirects=True)


def post(client: httpx2.Client, path: str, **form: str) -> httpx2.Response:
    return client.post(path, data={**form, "csrfmiddlewaretoken": client.cookies["csrftoken"]})


def invite(site: Site, inviter: str = "admin", **form: str) -> str:
    """Make an invitation in the admin. Returns its link."""
    with closing(site.session(inviter)) as client:
        page = client.get("/admin/chat/invitation/add/").text
        times = re.findall(r'name="(expires_at_[01])" value="([^"]+)"', page)
        answer = post(client, "/admin/chat/invitation/add/", **{"email": "", "group": "", **dict(times), **form})
        assert answer.status_code == 200, answer.text
        assert "no-store" in answer.headers["Cache-Control"]
        (link,) = LINK.findall(answer.text)
        return str(link)


def join(site: Site, link: str, name: str, password: str = FRESH) -> httpx2.Response:
    with visitor(site) as client:
        answer = client.get(link)
        assert answer.status_code == 200, answer.text
        assert "token" not in str(answer.url)
        return post(client, "/accounts/invitation/", username=name, password=password)


def test_a_closed_site_says_so_and_links_open_nothing(site: Site) -> None:
    with visitor(site) as client:
        answer = client.get("/accounts/signup/")
        assert answer.status_code == 403
        assert "Accounts are by invitation" in answer.text
        assert "Make an account" not in client.get("/accounts/login/").text
    link = invite(site)
    with visitor(site) as client:
        assert client.get(link).status_code == 403


def test_a_colleague_joins_by_a_link_in_its_group_and_it_works_once(invite_site: Site) -> None:
    group = invite_site.shell("print(Group.objects.create(name='team').pk)").strip()
    link = invite(invite_site, group=group)
    assert "/accounts/invitation/?token=" in link
    answer = join(invite_site, link, "carol")
    assert answer.url.path == "/"
    rows = "user = User.objects.get(username='carol'); row = Invitation.objects.get(used_by=user)"
    told = invite_site.shell(rows, "print([g.name for g in user.groups.all()], row.inviter, user.is_staff, row.state)")
    assert told.strip() == "['team'] admin False used"
    with visitor(invite_site) as client:
        again = client.get(link)
        assert again.status_code == 410
        assert "This link was used" in again.text
    assert link.split("token=")[1] not in (invite_site.data_dir / "db.sqlite3").read_bytes().decode("latin-1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("row.expires_at = row.created_at", "This link has expired"),
        ("row.revoked_at = row.created_at", "This link was taken back"),
        ("row.inviter = None", "This link was taken back"),
    ],
)
def test_a_link_that_is_over_says_why(invite_site: Site, change: str, words: str) -> None:
    link = invite(invite_site)
    invite_site.shell("row = Invitation.objects.first()", change, "row.save()")
    with visitor(invite_site) as client:
        answer = client.get(link)
        assert answer.status_code == 410
        assert words in answer.text
        assert client.get("/accounts/invitation/?token=guess").status_code == 404


def test_a_bad_name_or_password_uses_nothing_up(invite_site: Site) -> None:
    link = invite(invite_site)
    assert "Somebody else has that name." in join(invite_site, link, "ALICE").text
    assert "too short" in join(invite_site, link, "dora", "short").text
    assert join(invite_site, link, "dora").url.path == "/"


def test_nobody_invites_into_a_group_with_rights_that_they_do_not_hold(invite_site: Site) -> None:
    group = invite_site.shell(
        "from django.contrib.auth.models import Permission",
        "mighty = Group.objects.create(name='mighty')",
        "mighty.permissions.add(Permission.objects.get(codename='change_chatmodel'))",
        f"helper = User.objects.create_user('helper', password={PASSWORD!r}, is_staff=True)",
        "helper.user_permissions.add(*Permission.objects.filter(codename__in=['add_invitation', 'view_invitation']))",
        "print(mighty.pk)",
    ).strip()
    with closing(invite_site.session("helper")) as client:
        page = client.get("/admin/chat/invitation/add/").text
        assert "mighty" not in page
        times = dict(re.findall(r'name="(expires_at_[01])" value="([^"]+)"', page))
        refused = post(client, "/admin/chat/invitation/add/", email="", group=group, **times)
        assert "Select a valid choice" in refused.text
    assert "token=" in invite(invite_site, "helper")


def test_an_admins_link_gives_one_person_a_new_password_once(invite_site: Site) -> None:
    invite_site.admit("erik")
    pk = invite_site.shell("print(User.objects.get(username='erik').pk)").strip()
    with closing(invite_site.session("erik")) as theirs, closing(invite_site.session("admin")) as client:
        form = {"action": "make_password_link", "_selected_action": pk}
        (link,) = LINK.findall(post(client, "/admin/auth/user/", **form).text)
        (newer,) = LINK.findall(post(client, "/admin/auth/user/", **form).text)
        with visitor(invite_site) as browser:
            assert "taken back" in browser.get(link).text
            assert "erik" in browser.get(newer).text
            done = post(browser, "/accounts/new-password/", password1=FRESH, password2=FRESH)
            assert "Your password is changed" in done.text
            assert "This link was used" in browser.get(newer).text
        assert theirs.get("/").status_code == 302
    told = invite_site.shell(
        "from django.contrib.admin.models import LogEntry",
        f"print(User.objects.get(pk={pk}).check_password({FRESH!r}))",
        f"print(LogEntry.objects.filter(object_id={pk!r}).count())",
    )
    assert told.split() == ["True", "2"]
    assert any(f"new password of user {pk}" in line for line in invite_site.output)
    assert not any(newer.split("token=")[1] in line for line in invite_site.output)


def test_staff_make_no_link_for_who_holds_more(invite_site: Site) -> None:
    pk = invite_site.shell(
        "from django.contrib.auth.models import Permission",
        f"desk = User.objects.create_user('desk', password={PASSWORD!r}, is_staff=True)",
        "desk.user_permissions.add(*Permission.objects.filter(codename__in=['change_user', 'view_user']))",
        "print(User.objects.get(username='admin').pk)",
    ).strip()
    with closing(invite_site.session("desk")) as client:
        form = {"action": "make_password_link", "_selected_action": pk}
        client.get("/admin/auth/user/")
        post(client, "/admin/auth/user/", **form)
        assert "more rights than yours" in client.get("/admin/auth/user/").text
    assert invite_site.shell("print(PasswordLink.objects.filter(user__username='admin').count())").strip() == "0"


def test_without_mail_who_forgot_a_password_is_told_whom_to_ask(invite_site: Site) -> None:
    with visitor(invite_site) as client:
        answer = client.get("/accounts/password/reset/")
        assert "Ask an admin" in answer.text
        assert "<form" not in answer.text


def test_who_signs_up_comes_in_once_the_address_is_confirmed(open_site: Site, mailbox: Mailbox) -> None:
    with visitor(open_site) as client:
        client.get("/accounts/signup/")
        answer = post(client, "/accounts/signup/", username="fred", email="fred@else.example", password1=FRESH)
        assert "Look into your mail" in answer.text
        message = mailbox.next("fred@else.example")
        assert message["From"] == "chat@mail.example"
        (link,) = LINK.findall(message.get_content())
        client.get("/accounts/login/")
        assert "Look into your mail" in post(client, "/accounts/login/", login="fred", password=FRESH).text
        assert "becomes the mail address" in client.get(link).text
        post(client, link.removeprefix(open_site.url))
        client.get("/accounts/login/")
        assert post(client, "/accounts/login/", login="fred@else.example", password=FRESH).url.path == "/"


def test_a_taken_address_is_told_to_its_owner_alone(open_site: Site, mailbox: Mailbox) -> None:
    open_site.shell("user = User.objects.create_user('gina', 'gina@else.example')")
    with visitor(open_site) as client:
        client.get("/accounts/signup/")
        answer = post(client, "/accounts/signup/", username="gina2", email="gina@else.example", password1=FRESH)
        assert "Look into your mail" in answer.text
    assert "there is one already" in mailbox.next("gina@else.example").get_content()
    assert open_site.shell("print(User.objects.filter(username='gina2').exists())").strip() == "False"


def test_a_new_password_comes_by_mail_and_its_link_stays_out_of_the_log(open_site: Site, mailbox: Mailbox) -> None:
    open_site.shell(f"User.objects.create_user('hans', 'hans@else.example', {PASSWORD!r})")
    with visitor(open_site) as client:
        client.get("/accounts/password/reset/")
        post(client, "/accounts/password/reset/", email="hans@else.example")
        (link,) = LINK.findall(mailbox.next("hans@else.example").get_content())
        page = client.get(link)
        done = post(client, page.url.path, password1=FRESH, password2=FRESH)
        assert "Your password is changed" in done.text
        assert "This link is over" in client.get(link).text
        client.get("/accounts/login/")
        assert post(client, "/accounts/login/", login="hans", password=FRESH).url.path == "/"


def test_an_invitation_is_mailed_and_its_address_needs_no_second_message(open_site: Site, mailbox: Mailbox) -> None:
    shown = invite(open_site, email="Iris@else.example")
    message = mailbox.next("iris@else.example")
    assert message["Subject"].startswith("admin invites you to")
    assert LINK.findall(message.get_content()) == [shown]
    assert join(open_site, shown, "iris").url.path == "/"
    assert mailbox.is_empty()


def test_an_operator_tries_the_mail_server(open_site: Site, mailbox: Mailbox) -> None:
    open_site.manage("sendtestemail", "you@else.example")
    assert mailbox.next("you@else.example")["From"] == "chat@mail.example"


def test_a_mail_server_that_is_gone_keeps_nobody_waiting_and_no_password_in_the_log(tmp_path: Path) -> None:
    environment = {"CHAT_SIGNUP": "invite", "EMAIL_URL": "smtp://chat%40mail.example:very-secret@127.0.0.1:1"}
    with Site(tmp_path, environment) as site:
        assert "token=" in invite(site, email="jo@else.example")
        site.stop()
        assert any("Mail could not be sent" in line for line in site.output)
        assert not any("very-secret" in line for line in site.output)
