"""Guessing has a brake at every door, over all processes, and is seen."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import RequestFactory

from chat.access import throttle
from chatsite.configuration.environment import Environment
from chatsite.login.attempt import LoginAttempt
from chatsite.middleware.client_address import client_address
from tests.harness import patience
from tests.harness.site import PASSWORD, Site

PROXY = {"TRUSTED_PROXIES": "127.0.0.1"}
BURST = throttle.FOR_A_NAME.burst


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of two processes behind a proxy that is trusted."""
    with Site(tmp_path_factory.mktemp("guarded"), PROXY, workers=2) as site:
        yield site


def visitor(site: Site, address: str) -> httpx2.Client:
    """Return a browser without cookies, at an address of its own; each request may reach another process."""
    headers = {"X-Forwarded-For": address, "Connection": "close"}
    return httpx2.Client(base_url=site.url, headers=headers, timeout=60, trust_env=False, follow_redirects=False)


def try_password(site: Site, address: str, name: str, password: str, door: str = "/accounts/login/") -> httpx2.Response:
    with closing(visitor(site, address)) as client:
        return post(client, door, login=name, username=name, password=password)


def until_refused(attempt: Callable[[int], httpx2.Response], burst: int) -> None:
    """Guess until there is a brake: after as many guesses as are allowed, and as came to be allowed meanwhile."""
    statuses: list[int] = []
    while 429 not in statuses:
        statuses.append(attempt(len(statuses)).status_code)
        assert len(statuses) <= 4 * burst
    assert len(statuses) > burst


def post(client: httpx2.Client, door: str, **form: str) -> httpx2.Response:
    page = client.get(door, follow_redirects=True)
    return client.post(page.url.path, data={**form, "csrfmiddlewaretoken": client.cookies["csrftoken"]})


def test_a_name_has_so_many_attempts_from_everywhere_together(guarded: Site) -> None:
    until_refused(lambda number: try_password(guarded, f"198.51.100.{number}", "Alice", f"guess {number}"), BURST)
    # The right password waits, too, wherever it comes from, and so does a name that nobody has.
    refused = try_password(guarded, "203.0.113.9", "alice", PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= throttle.FOR_A_NAME.seconds
    until_refused(lambda number: try_password(guarded, f"198.51.101.{number}", "nobody", f"guess {number}"), BURST)
    unknown = try_password(guarded, "203.0.113.9", "nobody", PASSWORD)
    assert unknown.status_code == 429
    assert without_numbers(unknown.text) == without_numbers(refused.text)
    assert "right password waits, too" in refused.text
    # The admin's door is the same, and another name has its own attempts.
    assert try_password(guarded, "203.0.113.9", "alice", PASSWORD, "/admin/login/").status_code == 429
    assert try_password(guarded, "203.0.113.9", "charlie", PASSWORD).status_code == 302
    logged = "".join(guarded.output)
    assert "from 198.51.100.3" in logged
    assert "Al***" in logged
    assert "guess 3" not in logged
    assert "nobody" not in logged


def without_numbers(page: str) -> str:
    return re.sub(r"\d+ second", "", page)


def test_an_address_has_so_many_attempts_for_all_names(guarded: Site) -> None:
    # Of the sixth version, an address is its first half.
    until_refused(
        lambda number: try_password(guarded, f"2001:db8:1:2::{number}", f"somebody{number}", "a guess"),
        throttle.FROM_AN_ADDRESS.burst,
    )
    assert try_password(guarded, "2001:db8:1:2:ffff::1", "bob", PASSWORD).status_code == 429
    assert try_password(guarded, "2001:db8:1:3::1", "bob", PASSWORD).status_code == 302


def test_who_has_signed_in_there_before_is_not_locked_out_by_others(guarded: Site) -> None:
    guarded.admit("diana")
    with closing(visitor(guarded, "203.0.113.20")) as home:
        assert post(home, "/accounts/login/", login="diana", password=PASSWORD).status_code == 302
        home.cookies.delete("sessionid")
        until_refused(lambda number: try_password(guarded, f"198.51.102.{number}", "diana", "a guess"), BURST)
        assert try_password(guarded, "203.0.113.21", "diana", PASSWORD).status_code == 429
        assert post(home, "/accounts/login/", login="diana", password=PASSWORD).status_code == 302
        # Guesses made there are counted there.
        home.cookies.delete("sessionid")
        until_refused(lambda _: post(home, "/accounts/login/", login="diana", password="a guess"), BURST)
        assert post(home, "/accounts/login/", login="diana", password=PASSWORD).status_code == 429


def test_a_session_does_not_help_to_guess_its_password(guarded: Site) -> None:
    guarded.admit("erika")
    with closing(visitor(guarded, "203.0.113.30")) as client:
        assert post(client, "/accounts/login/", login="erika", password=PASSWORD).status_code == 302
        until_refused(lambda _: post(client, "/accounts/confirm/", password="a guess"), BURST)


def test_fields_that_a_form_does_not_have_make_nobody_else_of_who_has_signed_in(guarded: Site) -> None:
    guarded.admit("frida")
    with closing(visitor(guarded, "203.0.113.31")) as client:
        assert post(client, "/accounts/login/", login="frida", password=PASSWORD).status_code == 302
        # A session that was stolen is used from everywhere.
        for number in range(4 * BURST):
            client.headers["X-Forwarded-For"] = f"198.51.103.{number}"
            typed = {"login": f"x{number}", "username": f"y{number}", "email": f"z{number}@example.org"}
            passwords = dict.fromkeys(("password", "oldpassword", "password1", "password2"), f"a guess {number}")
            if post(client, "/settings/password/", **typed, **passwords).status_code == 429:
                break
        else:
            pytest.fail("nothing stopped the guesses")


def test_a_mail_address_is_sent_so_many_links_whatever_else_the_form_says(tmp_path: Path) -> None:
    mail = {"EMAIL_URL": "smtp://127.0.0.1:1", "DEFAULT_FROM_EMAIL": "site@example.org"}
    with Site(tmp_path, {**PROXY, **mail}) as site:
        answers = []
        for number in range(throttle.OF_RESETS.burst + 1):
            with closing(visitor(site, f"198.51.104.{number}")) as client:
                form = {"email": "Alice@example.org", "login": f"x{number}", "username": f"y{number}"}
                answers.append(post(client, "/accounts/password/reset/", **form).status_code)
        assert answers == [302] * throttle.OF_RESETS.burst + [429]


def test_text_that_no_page_can_show_is_turned_away(guarded: Site) -> None:
    guarded.admit("greta")

    def attempt(number: int) -> httpx2.Response:
        with closing(visitor(guarded, f"198.51.105.{number}")) as client:
            client.get("/accounts/login/")
            fields = {
                "login": "greta",
                "password": f"a guess {number}",
                # Half a character in UTF-7, which no page can show.
                "next": "+2AA-",
                "csrfmiddlewaretoken": client.cookies["csrftoken"],
            }
            parts = [f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}' for key in fields]
            headers = {"Content-Type": "multipart/form-data; boundary=x; charset=utf-7"}
            return client.post("/accounts/login/", content="\r\n".join(parts) + "\r\n--x--\r\n", headers=headers)

    answer = attempt(0)
    assert (answer.status_code, answer.text.count("\ufffd")) == (400, 0)


def test_an_answer_that_failed_was_a_guess(db: None) -> None:
    request = RequestFactory().post("/accounts/login/", {"login": "alice", "password": "a guess"})
    request.user, request.session = AnonymousUser(), SessionStore()
    for _ in range(BURST):
        attempt = LoginAttempt.begin(request)
        assert attempt is not None
        assert attempt.wait == 0
        attempt.end(request, HttpResponse(status=500))
    attempt = LoginAttempt.begin(request)
    assert attempt is not None
    assert attempt.wait > 0


def until_logged(site: Site, words: str) -> None:
    """Wait until a line of the log has been read: it may come after the answer."""
    deadline = time.monotonic() + patience.SECONDS
    while words not in "".join(site.output):
        assert time.monotonic() < deadline, words
        time.sleep(0.05)


def test_a_guess_where_a_password_is_changed_counts_too(guarded: Site) -> None:
    guarded.admit("frieda")
    with closing(visitor(guarded, "203.0.113.31")) as client:
        assert post(client, "/accounts/login/", login="frieda", password=PASSWORD).status_code == 302
        form = {"password1": "a new horse battery", "password2": "a new horse battery"}
        # django-allauth turns away sooner here, which each process counts for itself.
        assert post(client, "/settings/password/", oldpassword="a guess", **form).status_code == 200
    until_logged(guarded, "A sign-in failed: password for fr*** from 203.0.113.31")


def test_an_address_has_so_many_wrong_keys_and_a_right_one_passes(guarded: Site) -> None:
    with closing(visitor(guarded, "203.0.113.40")) as client:
        until_refused(
            lambda number: client.get("/api/models", headers={"Authorization": f"Bearer cs-{number}"}),
            throttle.FROM_AN_ADDRESS.burst,
        )
        refused = client.get("/api/models", headers={"Authorization": "Bearer cs-more"})
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) >= 1
        # With 256 random bits it was not guessed, and others may sit behind the same address.
        assert client.get("/api/models", headers={"Authorization": f"Bearer {guarded.keys['bob']}"}).status_code == 200
    until_logged(guarded, "from 203.0.113.40")


def test_a_client_without_a_trusted_proxy_cannot_choose_its_address(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        until_refused(
            lambda number: try_password(site, f"198.51.100.{number}", f"name{number}", "a guess"),
            throttle.FROM_AN_ADDRESS.burst,
        )
        assert "TRUSTED_PROXIES" in "".join(site.output)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, nonsense, 10.1.2.3", "10.1.2.3"),
        ("::ffff:127.0.0.1", "203.0.113.7:5123", "203.0.113.7"),
        ("127.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("", "203.0.113.7", "unknown"),
    ],
)
def test_the_address_is_read_from_the_right_while_proxies_are_trusted(peer: str, forwarded: str, client: str) -> None:
    trusted = Environment({"TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8"}).networks("TRUSTED_PROXIES")
    assert client_address(peer, forwarded, trusted) == client


def test_networks_that_are_none_are_a_problem() -> None:
    environment = Environment({"TRUSTED_PROXIES": "10.0.0.0/99"})
    assert environment.networks("TRUSTED_PROXIES") == []
    assert environment.problems
