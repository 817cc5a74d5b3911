"""People at the admin's door, each with a browser of their own."""

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client


def browser_of(user: User) -> Client:
    """Return a browser in which somebody has given their password just now."""
    client = Client()
    client.force_login(user)
    request = HttpRequest()
    request.user, request.session = user, client.session
    record_authentication(request, user, method="password")
    request.session.save()
    return client


@pytest.fixture
def boss(db: None) -> User:
    """A superuser."""
    return User.objects.create_superuser("boss")


@pytest.fixture
def browser(boss: User) -> Client:
    """The superuser's browser."""
    return browser_of(boss)


@pytest.fixture
def clerk_browser(db: None) -> Client:
    """The browser of a member of staff without a single permission."""
    return browser_of(User.objects.create_user("clerk", is_staff=True))


@pytest.fixture
def visitor_browser(db: None) -> Client:
    """The browser of somebody who may chat and no more."""
    return browser_of(User.objects.create_user("visitor"))
