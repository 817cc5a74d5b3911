"""`/.well-known/security.txt`: whom to tell of a weakness (RFC 9116)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from django.test import Client

from chatsite.configuration.environment import Environment
from tests.harness.site import Site

PATH = "/.well-known/security.txt"


def test_without_a_contact_there_is_no_file(site: Site) -> None:
    with site.client(None) as client:
        assert client.get(PATH).status_code == 404


def test_it_names_the_contacts_and_an_end_within_a_year(tmp_path: Path) -> None:
    contacts = "mailto:security@chat.example, https://chat.example/report"
    with Site(tmp_path, {"CHAT_SECURITY_CONTACT": contacts}, people=False) as site:
        answer = httpx2.get(f"{site.url}{PATH}", trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.split(": ", 1) for line in answer.text.splitlines()]
    assert [value for name, value in fields if name == "Contact"] == contacts.split(", ")
    (expires,) = [value for name, value in fields if name == "Expires"]
    left = datetime.strptime(expires, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=365)


def test_over_tls_it_says_where_it_belongs(client: Client, settings: object) -> None:
    settings.CHAT_SECURITY_CONTACT = ["mailto:security@chat.example"]  # type: ignore[attr-defined]
    settings.ALLOWED_HOSTS = ["chat.example"]  # type: ignore[attr-defined]
    text = client.get(PATH, secure=True, headers={"host": "chat.example"}).content.decode()
    assert f"Canonical: https://chat.example{PATH}\n" in text


@pytest.mark.parametrize(
    "given", ["security@chat.example", "http://chat.example", "mailto:", "https://", "mailto:a@b\nX: y"]
)
def test_what_is_no_contact_is_a_problem(given: str) -> None:
    environment = Environment({"CHAT_SECURITY_CONTACT": given})
    assert environment.contacts("CHAT_SECURITY_CONTACT") == []
    assert environment.problems
