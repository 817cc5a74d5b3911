"""Mail: how it is set, and that nothing of it is told."""

import pytest

from chatsite.configuration.environment import Environment
from chatsite.configuration.mail import mail_server


@pytest.mark.parametrize(
    ("url", "shown", "user", "password"),
    [
        ("smtp://mail.example", "smtp://mail.example:25", "", ""),
        ("smtp+tls://a%40b.example:p%40ss%2F@mail.example", "smtp+tls://mail.example:587", "a@b.example", "p@ss/"),
        ("smtps://me:pass@mail.example:4650", "smtps://mail.example:4650", "me", "pass"),
    ],
)
def test_an_address_of_a_mail_server_is_read(url: str, shown: str, user: str, password: str) -> None:
    env = Environment({"EMAIL_URL": url, "DEFAULT_FROM_EMAIL": "Chat <chat@example.org>"})
    found = mail_server(env)
    assert found is not None
    assert (found.address, found.user, found.password) == (shown, user, password)
    assert found.sender == "Chat <chat@example.org>"
    assert env.problems == []


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example:0",
        "smtp://mail.example/path",
        "smtp://mail.example?tls=1",
        "smtp://only-name@mail.example",
        "smtp://:only-password@mail.example",
    ],
)
def test_a_wrong_address_is_a_problem_that_quotes_nothing(url: str) -> None:
    env = Environment({"EMAIL_URL": url, "DEFAULT_FROM_EMAIL": "chat@example.org"})
    assert mail_server(env) is None
    (problem,) = env.problems
    assert problem.startswith("EMAIL_URL must")
    assert "only-" not in problem


@pytest.mark.parametrize("sender", ["chat", "@example.org", "chat@", "a@b.example, c@d.example", "a@b.example\nBcc: x"])
def test_a_wrong_sender_is_a_problem(sender: str) -> None:
    env = Environment({"EMAIL_URL": "smtp://mail.example", "DEFAULT_FROM_EMAIL": sender})
    assert mail_server(env) is None
    assert len(env.problems) == 1


def test_the_name_at_the_server_is_the_sender_where_it_is_an_address() -> None:
    env = Environment({"EMAIL_URL": "smtps://chat%40example.org:pass@mail.example"})
    found = mail_server(env)
    assert found is not None
    assert found.sender == "chat@example.org"
    env = Environment({"EMAIL_URL": "smtps://chat:pass@mail.example"})
    assert mail_server(env) is None
    assert len(env.problems) == 1


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("smtp://a:b@mail.example", True),
        ("smtp://a:b@localhost", False),
        ("smtp://mail.example", False),
        ("smtp+tls://a:b@mail.example", False),
    ],
)
def test_a_password_in_the_clear_is_noticed(url: str, is_told: bool) -> None:
    found = mail_server(Environment({"EMAIL_URL": url, "DEFAULT_FROM_EMAIL": "chat@example.org"}))
    assert found is not None
    assert found.tells_password is is_told
