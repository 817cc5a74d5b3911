"""Pages of errors look like the others, and tell nothing of what went wrong inside."""

from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client


def test_error_pages_fit_in_and_tell_nothing(db: None) -> None:
    User.objects.create_user("ada")
    client = Client(enforce_csrf_checks=True)
    assert b"There is nothing here" in client.get("/no/such/page").content
    response = client.post("/accounts/login/", {"login": "ada", "password": "x"})
    assert response.status_code == 403
    assert b"out of date" in response.content
    assert "Something went wrong" in render_to_string("500.html")
    assert "not for you" in render_to_string("403.html")
