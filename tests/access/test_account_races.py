"""Accounts that change in one process while another uses them. Many lines, because all races share one stage.

Where the order of two writes matters, PostgreSQL is made to hold the second until the first is committed.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Final

import httpx2
import psycopg
import pytest

from tests.access.test_subscription import MODEL, Reader
from tests.harness import patience
from tests.harness.site import PASSWORD, Site
from tests.harness.upstream.process import Upstream

STORES: Final = ["sqlite", "postgres"]
FRESH: Final = "a fresh battery staple"
on_postgres = pytest.mark.parametrize("pair", ["postgres"], indirect=True)

Pair = tuple[Site, Site]


@pytest.fixture(scope="module", params=STORES)
def pair(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Two processes on one database, for who was invited."""
    environment = {
        "OPENAI_BASE_URL": upstream.base_url,
        "SECRET_KEY": "only-for-this-test-" + "x" * 40,
        "CHAT_SIGNUP": "invite",
    }
    if request.param == "postgres":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    directory = tmp_path_factory.mktemp("shared")
    with Site(directory, environment) as first:
        first.until_listed(MODEL)
        second = Site(directory, environment, people=False)
        second.keys = first.keys
        with second:
            yield first, second
        written = "".join(first.output + second.output)
        assert "Traceback" not in written, written


@contextmanager
def held(site: Site, *statements: tuple[str, int | str]) -> Iterator[Callable[[], None]]:
    """Carry out statements, and commit them once the function that is given has been called: when somebody waits."""
    address = site.environment["DATABASE_URL"]
    with psycopg.connect(address) as writing, psycopg.connect(address, autocommit=True) as looking:
        for statement, parameter in statements:
            writing.execute(statement.encode(), [parameter])

        def commit() -> None:
            waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            deadline = time.monotonic() + patience.SECONDS
            while looking.execute(waiting).fetchone() is None:
                assert time.monotonic() < deadline, "nobody waits"
                time.sleep(0.02)
            writing.commit()

        yield commit


def browser(site: Site) -> httpx2.Client:
    return httpx2.Client(base_url=site.url, timeout=patience.SECONDS, trust_env=False)


def post(client: httpx2.Client, path: str, **form: str) -> httpx2.Response:
    return client.post(path, data={**form, "csrfmiddlewaretoken": client.cookies["csrftoken"]})


def invite(site: Site, *lines: str) -> tuple[int, str]:
    """Make an invitation; `lines` are what comes before it. Returns its number and its token."""
    number, token = site.shell(
        "group, inviter = None, User.objects.get(username='admin')",
        *lines,
        "row, token = Invitation.issue(inviter=inviter, group=group)",
        "print(row.pk, token)",
    ).split()
    return int(number), token


def guest(site: Site, token: str) -> httpx2.Client:
    """Return a browser that has opened an invitation."""
    client = browser(site)
    page = client.get(f"/accounts/invitation/?token={token}", follow_redirects=True)
    assert page.status_code == 200, page.text
    return client


def accept(client: httpx2.Client, name: str) -> httpx2.Response:
    return post(client, "/accounts/invitation/", username=name, password=FRESH)


def test_an_invitation_lets_in_one_of_those_who_accept_it_at_once(pair: Pair) -> None:
    _, token = invite(pair[0], "group = Group.objects.create(name='raced for')")
    guests = [guest(site, token) for site in pair for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(accept, guests, [f"racer{number}" for number in range(len(guests))]))
    assert sorted(answer.status_code for answer in answers) == [302, 410, 410, 410]
    assert all("This link was used" in answer.text for answer in answers if answer.status_code == 410)
    told = "for user in User.objects.filter(username__startswith='racer'): print((user.username, user.groups.count()))"
    (let_in,) = [number for number, answer in enumerate(answers) if answer.status_code == 302]
    assert pair[0].shell(told).strip() == f"('racer{let_in}', 1)"
    for client in guests:
        client.close()


# How an invitation goes, and what its guest is told.
WITHDRAWN: Final = {
    "revoked": ("UPDATE chat_invitation SET revoked_at = now() WHERE id = %s", 410, "taken back"),
    "deleted": ("DELETE FROM chat_invitation WHERE id = %s", 404, ""),
    "its maker demoted": (
        "UPDATE auth_user SET is_staff = false WHERE id = (SELECT inviter_id FROM chat_invitation WHERE id = %s)",
        410,
        "taken back",
    ),
    "its group gone": ("UPDATE chat_invitation SET group_id = NULL WHERE id = %s", 302, ""),
}
LOCK_INVITATION: Final = "SELECT 1 FROM chat_invitation WHERE id = %s FOR UPDATE"
DELETE_GROUP: Final = "DELETE FROM auth_group WHERE name = %s"
BAR: Final = "UPDATE auth_user SET is_active = false, is_staff = true WHERE username = %s"
DELETE: Final = "DELETE FROM auth_user WHERE username = %s"


@on_postgres
@pytest.mark.parametrize("way", WITHDRAWN)
def test_an_invitation_that_goes_while_it_is_accepted_lets_nobody_in(way: str, pair: Pair) -> None:
    statement, status, words = WITHDRAWN[way]
    number, token = invite(
        pair[0],
        f"group = Group.objects.create(name={way!r})",
        "User.objects.filter(username='maker').delete()",
        "inviter = User.objects.create_superuser('maker')" if "maker" in way else "",
    )
    if "maker" in way:
        pair[0].shell(
            "maker = User.objects.get(username='maker')",
            "maker.is_superuser = False",
            "maker.save()",
            "maker.user_permissions.add(*Permission.objects.all())",
        )
    name = f"late-{list(WITHDRAWN).index(way)}"
    statements: list[tuple[str, int | str]] = [(LOCK_INVITATION, number), (statement, number)]
    if "group" in way:
        statements.append((DELETE_GROUP, way))
    with closing(guest(pair[0], token)) as client, ThreadPoolExecutor() as pool:
        with held(pair[0], *statements) as commit:
            accepting = pool.submit(accept, client, name)
            commit()
        answer = accepting.result()
    assert answer.status_code == status, answer.text
    assert words in answer.text
    count = pair[0].shell(f"print(User.objects.filter(username={name!r}).count())").strip()
    assert count == ("1" if status == 302 else "0")


def change_name(client: httpx2.Client, person: str) -> httpx2.Response:
    return post(client, "/settings/profile/", username=person, first_name="Late")


def change_password(client: httpx2.Client, person: str) -> httpx2.Response:
    return post(client, "/settings/password/", oldpassword=PASSWORD, password1=FRESH, password2=FRESH)


# What somebody does while an admin bars them.
DEEDS: Final = {"name": change_name, "password": change_password}


@on_postgres
@pytest.mark.parametrize("what", DEEDS)
def test_who_is_barred_while_they_change_something_of_theirs_stays_barred(what: str, pair: Pair) -> None:
    person = f"barred-{what}"
    pair[0].admit(person)
    with closing(pair[0].session(person)) as client, ThreadPoolExecutor() as pool:
        with held(pair[0], (BAR, person)) as commit:
            changing = pool.submit(DEEDS[what], client, person)
            commit()
        assert changing.result().status_code == 302
    told = f"user = User.objects.get(username={person!r}); print(user.is_active, user.is_staff, user.first_name)"
    changed = pair[0].shell(told, f"print(user.check_password({FRESH!r}))").split()
    # Nothing but what they changed is written.
    assert changed == (["False", "True", "Late", "False"] if what == "name" else ["False", "True", "True"])


@on_postgres
@pytest.mark.parametrize("what", DEEDS)
def test_who_is_deleted_while_they_change_something_of_theirs_is_gone(what: str, pair: Pair) -> None:
    person = f"deleted-{what}"
    pair[0].shell(f"User.objects.create_user({person!r}, password={PASSWORD!r})")
    with closing(pair[0].session(person)) as client, ThreadPoolExecutor() as pool:
        pair[1].shell("from allauth.usersessions.models import UserSession; UserSession.objects.all().delete()")
        with held(pair[0], (DELETE, person)) as commit:
            changing = pool.submit(DEEDS[what], client, person)
            commit()
        answer = changing.result()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/")
    assert pair[0].shell(f"print(User.objects.filter(username={person!r}).count())").strip() == "0"


@on_postgres
def test_who_is_barred_or_deleted_by_one_admin_while_another_sets_their_password_stays_so(pair: Pair) -> None:
    pair[0].admit("barred-by-admin")
    pk = pair[0].shell("print(User.objects.get(username='barred-by-admin').pk)").strip()
    with closing(pair[0].session("admin")) as client, ThreadPoolExecutor() as pool:
        with held(pair[0], (BAR, "barred-by-admin")) as commit:
            form = {"password1": FRESH, "password2": FRESH, "usable_password": "true"}
            setting = pool.submit(lambda: post(client, f"/admin/auth/user/{pk}/password/", **form))
            commit()
        assert setting.result().status_code == 302
        told = f"user = User.objects.get(pk={pk}); print(user.is_active, user.check_password({FRESH!r}))"
        assert pair[0].shell(told).split() == ["False", "True"]


@on_postgres
def test_who_is_deleted_while_they_sign_in_is_not_in(pair: Pair) -> None:
    pair[0].shell(f"User.objects.create_user('deleted-at-the-door', password={PASSWORD!r})")
    with closing(browser(pair[0])) as client, ThreadPoolExecutor() as pool:
        client.get("/accounts/login/")
        with held(pair[0], (DELETE, "deleted-at-the-door")) as commit:
            signing_in = pool.submit(post, client, "/accounts/login/", login="deleted-at-the-door", password=PASSWORD)
            commit()
        answer = signing_in.result()
        assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/")
        assert client.get("/").headers["Location"].startswith("/accounts/login/")
    assert pair[0].shell("print(User.objects.filter(username='deleted-at-the-door').count())").strip() == "0"


def test_sign_ins_everywhere_while_an_account_is_deleted_leave_nothing_open(pair: Pair) -> None:
    pair[0].admit("coming")
    gone = threading.Event()
    seen: list[tuple[int, httpx2.Client]] = []

    def come_in(site: Site) -> None:
        # Once more after it is gone, too.
        while not (was_gone := gone.is_set()) or not was_gone:
            client = browser(site)
            client.get("/accounts/login/")
            seen.append((post(client, "/accounts/login/", login="coming", password=PASSWORD).status_code, client))
            if was_gone:
                return

    with ThreadPoolExecutor() as pool:
        coming = [pool.submit(come_in, site) for site in pair]
        assert "deleted" in pair[1].manage("deleteaccounts", "--user", "coming")
        gone.set()
        for each in coming:
            each.result()
    assert {status for status, _ in seen} <= {200, 302, 429}
    for _, client in seen:
        with closing(client):
            assert client.get("/").headers["Location"].startswith("/accounts/login/")
    assert pair[0].shell("print(User.objects.filter(username='coming').count())").strip() == "0"


def test_an_account_is_deleted_in_one_process_while_its_answer_is_written_in_another(
    pair: Pair, upstream: Upstream
) -> None:
    first, second = pair
    prompt = f"until my account is deleted from {'postgres' if 'DATABASE_URL' in first.environment else 'sqlite'}"
    upstream.script_prompt(prompt, tokens=20, then="hang", after=3)
    first.admit("speaker")
    with (
        closing(first.session("speaker")) as here,
        closing(second.session("speaker")) as there,
        ThreadPoolExecutor() as pool,
    ):
        asked = Reader(pool, here, "POST", "/api/chat/stream", message=prompt, model=MODEL)
        generation = asked.heard.get(timeout=patience.SECONDS)["generation_id"]
        followed = Reader(pool, there, "GET", f"/api/generations/{generation}/stream")
        assert followed.opened.wait(patience.SECONDS)
        second.manage("deleteaccounts", "--user", "speaker")
        for reader in (asked, followed):
            reader.ended(patience.SECONDS)
            assert reader.events[-1]["type"] in ("done", "error")
    record = upstream.wait_for(MODEL, lambda each: prompt in str(each.body) and each.ended != "open")
    assert record.ended == "client_closed"
    told = first.shell(
        "print(User.objects.filter(username='speaker').count())",
        f"print(Generation.objects.filter(pk={generation!r}).count())",
        # What it used is paid for all the same, by nobody in particular.
        "print(*UsageRecord.objects.filter(user_id=0).values_list('username', flat=True))",
    )
    assert told.splitlines() == ["0", "0", "a former user"]
    first.manage("rebuildtotals", "--check")


def test_an_account_is_deleted_in_one_process_while_another_sends_all_of_its_data(pair: Pair) -> None:
    first, second = pair
    first.admit("packer")
    # What packs badly: all of it must not have left before the account is gone.
    first.shell(
        "import secrets",
        "owner = User.objects.get(username='packer')",
        "for number in range(300):",
        "    talk = Conversation.objects.create(owner=owner, title=f'talk {number}')",
        "    Message.objects.create(conversation=talk, role='user', content=secrets.token_hex(45_000))",
    )
    with closing(second.session("packer")) as client, client.stream("GET", "/settings/data/download") as response:
        assert response.status_code == 200
        parts = response.iter_raw(10_000)
        next(parts)
        first.manage("deleteaccounts", "--user", "packer")
        with pytest.raises(httpx2.RemoteProtocolError):
            for _ in parts:
                pass
    assert first.shell("print(User.objects.filter(username='packer').count())").strip() == "0"
