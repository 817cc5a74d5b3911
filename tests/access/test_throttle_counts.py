"""What is counted together, what is given back, and what of a name is shown: without a site around it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponseRedirect
from django.test import RequestFactory
from django.utils import timezone

from chat import runtime
from chat.access import throttle
from chat.models import Throttle
from chatsite.login.attempt import LoginAttempt, mask


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Alice", "Al***"), ("", "***"), ("x", "x***"), ("\x1b[31m", "***"), ("a\nb", "a***"), ("\u202eevil", "e***")],
)
def test_of_a_name_the_log_shows_two_letters_and_nothing_that_is_none(name: str, shown: str) -> None:
    assert mask(name) == shown


def test_names_that_look_the_same_are_counted_together() -> None:
    same = {throttle.count("password", name, throttle.FOR_A_NAME).key for name in ("alice", " Alice ", "ＡＬＩＣＥ")}
    assert len(same) == 1
    # A count of one thing is no count of another.
    assert throttle.count("code", "alice", throttle.FOR_A_CODE).key not in same
    # The database does not tell whose it is.
    assert all("alice" not in key for key in same)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9%eth0", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("unknown", "unknown", True),
    ],
)
def test_an_address_is_counted_as_the_one_who_has_it(one: str, other: str, is_same: bool) -> None:
    assert (throttle.from_address(one) == throttle.from_address(other)) == is_same


def test_what_was_right_is_given_back_however_often(db: None) -> None:
    request = RequestFactory().post("/accounts/login/", {"login": "alice", "password": "right"})
    request.user, request.session = AnonymousUser(), SessionStore()
    for _ in range(2 * throttle.FROM_AN_ADDRESS.burst):
        attempt = LoginAttempt.begin(request)
        assert attempt is not None
        assert attempt.wait == 0
        attempt.end(request, HttpResponseRedirect("/"))


def test_counts_whose_time_is_over_are_deleted(db: None) -> None:
    now = timezone.now()
    over, holds, new = (throttle.count("password", name, throttle.FOR_A_NAME) for name in ("over", "holds", "new"))
    Throttle.objects.create(key=over.key, full_at=now - timedelta(seconds=1))
    Throttle.objects.create(key=holds.key, full_at=now + timedelta(hours=1))
    runtime.part(throttle.Purge).next_at = 0.0
    throttle.take([new])
    assert set(Throttle.objects.values_list("key", flat=True)) == {holds.key, new.key}
