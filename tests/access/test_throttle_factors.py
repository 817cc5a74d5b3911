"""The brake at the doors beside the password's: second factors, new passwords, new accounts, saying it once more."""

from collections.abc import Iterator
from contextlib import closing

import httpx2
import pytest

from chat.access import throttle
from tests.access.test_throttle import PROXY, post, until_refused, visitor
from tests.harness.authenticator import code
from tests.harness.site import PASSWORD, Site
from tests.harness.smtp import Mailbox

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FRESH = "a fresh battery staple"
TOO_SHORT = "short"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Site]:
    """A site of two processes behind a proxy that is trusted, which everybody may join and which sends mail."""
    environment = {**PROXY, "CHAT_SIGNUP": "open", "EMAIL_URL": mailbox.url}
    with Site(tmp_path_factory.mktemp("guarded"), environment, workers=2) as site:
        yield site


def with_factor(site: Site, name: str) -> tuple[str, str]:
    """Make a person with an authenticator app and recovery codes. Returns their number, and one of the codes."""
    number, recovery = site.shell(
        "from allauth.mfa.totp.internal.auth import TOTP",
        "from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes",
        f"user = User.objects.create_user({name!r}, password={PASSWORD!r})",
        f"TOTP.activate(user, {KEY!r})",
        "print(user.pk, RecoveryCodes.activate(user).get_unused_codes()[0])",
    ).split()
    return number, recovery


def half_way(site: Site, address: str, name: str) -> httpx2.Client:
    """Return a browser in which the password was right, and the second factor is asked for."""
    client = visitor(site, address)
    answer = post(client, "/accounts/login/", login=name, password=PASSWORD)
    assert answer.headers["Location"] == "/accounts/two-factor/", answer.text
    return client


def refused(answer: httpx2.Response) -> bool:
    """Whether one is told to wait, and for how long."""
    return answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0


def test_codes_of_a_second_factor_are_counted_for_the_person_in_all_processes(guarded: Site) -> None:
    number, recovery = with_factor(guarded, "ida")
    guesses = ("000000", "not a recovery code")
    with (
        closing(half_way(guarded, "198.51.110.1", "ida")) as one,
        closing(half_way(guarded, "198.51.110.2", "ida")) as other,
    ):
        answers: list[httpx2.Response] = []

        def attempt(number: int) -> httpx2.Response:
            client, guess = ((one, guesses[0]), (other, guesses[1]))[number % 2]
            answers.append(post(client, "/accounts/two-factor/", code=guess))
            return answers[-1]

        until_refused(attempt, throttle.FOR_A_CODE.burst)
        assert all("not right" in answer.text for answer in answers[:-1])
        # What is right waits, too, whatever it is and wherever it comes from.
        for client, right in ((one, code(KEY)), (other, recovery)):
            assert refused(post(client, "/accounts/two-factor/", code=right))
        assert refused(post(one, "/accounts/two-factor/", credential="{}"))
    # Of who has not come in the log tells the number.
    assert f"code for {number[:2]}*** from 198.51.110.1" in "".join(guarded.output)


def test_passkeys_are_counted_for_the_address(guarded: Site) -> None:
    with closing(visitor(guarded, "198.51.111.1")) as client:
        until_refused(lambda _: passkey(client, '{"id": "made up"}'), throttle.FROM_AN_ADDRESS.burst)
        assert refused(passkey(client, '{"id": "made up"}'))
    with closing(visitor(guarded, "198.51.111.2")) as elsewhere:
        assert not refused(passkey(elsewhere, '{"id": "made up"}'))


def passkey(client: httpx2.Client, credential: str) -> httpx2.Response:
    """Try to sign in with a passkey alone."""
    client.get("/accounts/login/")
    form = {"credential": credential, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
    return client.post("/accounts/passkey/", data=form)


def test_a_new_password_is_mailed_so_often_to_an_address_that_has_an_account_or_not(
    guarded: Site, mailbox: Mailbox
) -> None:
    guarded.shell(f"User.objects.create_user('ines', 'ines@else.example', {PASSWORD!r})")
    for email in ("ines@else.example", "nobody@else.example"):
        with closing(visitor(guarded, "198.51.112.1")) as client:
            answers = [post(client, "/accounts/password/reset/", email=email) for _ in range(5)]
        burst = throttle.OF_RESETS.burst
        assert [answer.status_code for answer in answers] == [302] * burst + [429] * (5 - burst)
        assert all(refused(answer) for answer in answers[burst:])
        assert [mailbox.next(email)["To"] for _ in range(burst)] == [email] * burst
        with closing(visitor(guarded, "198.51.112.2")) as elsewhere:
            assert refused(post(elsewhere, "/accounts/password/reset/", email=email.upper()))
    assert mailbox.is_empty()


def test_the_link_of_a_mail_cannot_be_guessed(guarded: Site) -> None:
    with closing(visitor(guarded, "198.51.113.1")) as client:
        client.get("/accounts/login/")
        form = {"password1": FRESH, "password2": FRESH, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        until_refused(
            lambda number: client.post(f"/accounts/password/reset/key/1-guess{number}/", data=form),
            throttle.FROM_AN_ADDRESS.burst,
        )


def test_accounts_are_made_so_often_from_an_address(guarded: Site, mailbox: Mailbox) -> None:
    def sign_up(number: int, password: str = TOO_SHORT) -> httpx2.Response:
        with closing(visitor(guarded, "198.51.114.1")) as client:
            form = {"username": f"robot{number}", "email": f"robot{number}@else.example", "password1": password}
            return post(client, "/accounts/signup/", **form)

    # Those that are made count as those that are not, and cost more.
    for number in range(2):
        assert sign_up(number, FRESH).status_code == 302
        mailbox.next(f"robot{number}@else.example")
    until_refused(sign_up, throttle.FROM_AN_ADDRESS.burst - 2)
    assert refused(sign_up(2, FRESH))
    assert mailbox.is_empty()


def test_a_session_asks_for_no_mail_without_end(guarded: Site, mailbox: Mailbox) -> None:
    guarded.admit("jana")
    with closing(visitor(guarded, "198.51.116.1")) as client:
        assert post(client, "/accounts/login/", login="jana", password=PASSWORD).status_code == 302
        post(client, "/accounts/confirm/", password=PASSWORD)
        form = {"email": "victim@else.example", "action_add": "1"}
        burst = throttle.OF_RESETS.burst
        answers = [post(client, "/settings/profile/email/", **form) for _ in range(burst + 1)]
        assert [answer.status_code for answer in answers[:burst]].count(429) == 0
        assert refused(answers[burst])
        assert mailbox.next("victim@else.example")["To"] == "victim@else.example"


def test_a_code_that_is_asked_for_once_more_cannot_be_guessed(guarded: Site) -> None:
    with_factor(guarded, "karl")
    door = "/accounts/two-factor/confirm/"
    with closing(half_way(guarded, "198.51.115.1", "karl")) as client:
        assert post(client, "/accounts/two-factor/", code=code(KEY)).status_code == 302
        until_refused(lambda _: post(client, door, code="000000"), throttle.FOR_A_CODE.burst)
        assert refused(post(client, door, code=code(KEY, steps_ahead=1)))
        # A passkey there is the same factor.
        form = {"credential": "{}", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert refused(client.post("/accounts/passkey/confirm/", data=form))
