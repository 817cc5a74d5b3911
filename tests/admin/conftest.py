"""People at the admin's door, each with a browser of their own."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def boss(db: None) -> User:
    """A superuser."""
    return User.objects.create_superuser("boss")


@pytest.fixture
def browser(boss: User) -> Client:
    """The superuser's browser."""
    client = Client()
    client.force_login(boss)
    return client


@pytest.fixture
def clerk_browser(db: None) -> Client:
    """The browser of a member of staff without a single permission."""
    client = Client()
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    return client


@pytest.fixture
def visitor_browser(db: None) -> Client:
    """The browser of somebody who may chat and no more."""
    client = Client()
    client.force_login(User.objects.create_user("visitor"))
    return client
