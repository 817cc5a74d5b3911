"""Signing in and out: where it leads, and what is said when it fails."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


def test_signing_out_takes_a_post(browser: Client) -> None:
    assert browser.get("/accounts/logout/").status_code == 200
    assert browser.get("/").status_code == 200
    assert browser.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert browser.get("/").status_code == 302


def test_signing_in_leads_back_but_never_to_another_site(client: Client) -> None:
    User.objects.create_user("ada", password="lovelace-1815")
    given = {"login": "ada", "password": "lovelace-1815"}
    assert client.post("/accounts/login/", {**given, "next": "/c/x"}).headers["Location"] == "/c/x"
    client.logout()
    assert client.post("/accounts/login/", {**given, "next": "https://elsewhere.example/"}).headers["Location"] == "/"


def test_a_wrong_password_is_said_in_words(client: Client, ada: User) -> None:
    response = client.post("/accounts/login/", {"login": ada.username, "password": "wrong"})
    assert response.status_code == 200
    assert b"do not go together" in response.content
    assert b"wrong" not in response.content.split(b"<form")[1]


def test_signing_in_never_leads_back_to_signing_in(browser: Client) -> None:
    assert browser.get("/accounts/login/?next=/accounts/login/")["Location"] == "/"
