"""The set-up page: whoever holds the printed link makes the first admin."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.utils.crypto import salted_hmac

from chat.models import SetupToken

pytestmark = pytest.mark.django_db

GOOD = {"username": "ada", "password": "correct horse battery"}


def issued() -> str:
    token = SetupToken.issue()
    assert token is not None
    return token


class Faster:
    """A password rule during which somebody else uses the link."""

    token = ""

    def validate(self, password: str, user: User | None = None) -> None:
        if SetupToken.redeem(self.token, "grace", "hopper-1906") is None:
            raise ValidationError("The other attempt failed.")


@pytest.mark.parametrize("path", ["/setup/", "/setup/?token=", "/setup/?token=wrong"])
def test_without_the_right_token_the_door_stays_shut(client: Client, path: str) -> None:
    issued()
    for response in (client.get(path), client.post(path, GOOD)):
        assert response.status_code == 403
        assert b"does not open setup" in response.content
    assert not User.objects.exists()


def test_every_copy_of_a_site_prints_one_link_and_another_site_another(client: Client) -> None:
    mine, again = issued(), issued()
    assert mine == again
    with override_settings(SECRET_KEY="of-another-site-" + "x" * 40):
        theirs = issued()
    assert client.get(f"/setup/?token={mine}").status_code == 403
    assert client.get(f"/setup/?token={theirs}").status_code == 200


def test_the_key_alone_does_not_tell_the_link_and_a_used_one_never_comes_back(client: Client) -> None:
    first = issued()
    assert first != salted_hmac("chat.setup", "first admin", algorithm="sha256").hexdigest()
    client.post(f"/setup/?token={first}", GOOD)
    User.objects.update(is_superuser=False)
    User.objects.all().delete()
    assert client.get(f"/setup/?token={first}").status_code == 403
    second = issued()
    assert second != first
    assert Client().get(f"/setup/?token={first}").status_code == 403
    assert Client().get(f"/setup/?token={second}").status_code == 200


def test_a_link_that_was_not_needed_opens_nothing_later(client: Client) -> None:
    printed = issued()
    User.objects.create_superuser("made-by-a-command")
    assert SetupToken.issue() is None
    User.objects.update(is_superuser=False)
    User.objects.all().delete()
    assert client.get(f"/setup/?token={printed}").status_code == 403
    assert issued() != printed


def test_two_databases_with_one_key_have_two_links() -> None:
    first = issued()
    SetupToken.objects.all().delete()
    assert issued() != first


def test_a_used_link_says_so_and_says_the_same_to_who_guesses(client: Client) -> None:
    used = issued()
    client.post(f"/setup/?token={used}", GOOD)
    said = []
    for token in (used, "guessed"):
        answer = Client().get(f"/setup/?token={token}")
        assert answer.status_code == 404
        assert b"This link is used up" in answer.content
        said.append(answer.content)
    assert said[0] == said[1]
    assert b"There is nothing here" in Client().get("/setup/").content


def test_the_link_makes_an_admin_who_is_signed_in(client: Client) -> None:
    path = f"/setup/?token={issued()}"
    response = client.post(path, GOOD)
    assert response.status_code == 302
    assert response.headers["Location"] == "/"
    admin = User.objects.get()
    assert admin.is_superuser
    assert admin.check_password(GOOD["password"])
    assert client.get("/").status_code == 200


def test_once_somebody_is_there_setup_is_gone(client: Client) -> None:
    path = f"/setup/?token={issued()}"
    client.post(path, GOOD)
    for address in (path, "/setup/"):
        assert Client().get(address).status_code == 404
        assert Client().post(address, GOOD).status_code == 404
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"username": "ada", "password": "short"}, b"too short"),
        ({"username": "ada", "password": "password"}, b"too common"),
        ({"username": "adalovelace", "password": "adalovelace1"}, b"too similar"),
        ({"username": "two words", "password": "correct horse battery"}, b"Enter a valid username"),
        ({"username": "a" * 151, "password": "correct horse battery"}, b"at most 150"),
        ({"username": "", "password": "correct horse battery"}, b"required"),
        ({}, b"required"),
    ],
)
def test_bad_input_is_said_and_leaves_the_link_usable(client: Client, given: dict[str, str], complaint: bytes) -> None:
    path = f"/setup/?token={issued()}"
    response = client.post(path, given)
    assert response.status_code == 200
    assert complaint in response.content
    assert not User.objects.exists()
    assert client.post(path, GOOD).status_code == 302


def test_a_password_is_never_sent_back(client: Client) -> None:
    response = client.post(f"/setup/?token={issued()}", {"username": "two words", "password": "my-own-secret-77"})
    assert b"my-own-secret-77" not in response.content


def test_of_two_attempts_at_once_one_wins(client: Client) -> None:
    Faster.token = issued()
    with override_settings(AUTH_PASSWORD_VALIDATORS=[{"NAME": f"{__name__}.Faster"}]):
        assert client.post(f"/setup/?token={Faster.token}", GOOD).status_code == 404
    assert [user.username for user in User.objects.all()] == ["grace"]


def test_setup_takes_no_post_without_a_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"/setup/?token={issued()}", GOOD).status_code == 403
    assert not User.objects.exists()


def test_before_setup_the_login_page_shows_the_way(client: Client) -> None:
    assert b"setup link" in client.get("/accounts/login/").content
    User.objects.create_user("ada")
    assert b"setup link" not in client.get("/accounts/login/").content
