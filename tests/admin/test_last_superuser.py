"""Somebody can always run the site: the last active superuser stays."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client

from chat.models.superuser import LAST, LastSuperuserError
from tests.admin.test_rights import ALL_POWER


@pytest.mark.parametrize("lost", ["is_active", "is_staff", "is_superuser"])
def test_the_last_superuser_cannot_be_given_away_in_the_form(lost: str, browser: Client, boss: User) -> None:
    form = {"username": "boss", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", **ALL_POWER}
    del form[lost]
    path = f"/admin/auth/user/{boss.pk}/change/"
    page = browser.post(path, form)
    assert page.context["adminform"].form.errors[lost] == [LAST]
    User.objects.create_superuser("second")
    assert browser.post(path, form).status_code == 302


def test_the_last_superusers_cannot_be_deleted_together(browser: Client, boss: User) -> None:
    second = User.objects.create_superuser("second")
    data = {"action": "delete_selected", "_selected_action": [boss.pk, second.pk], "post": "yes"}
    assert browser.post("/admin/auth/user/", data).status_code == 403
    assert User.objects.count() == 2
    data["_selected_action"] = [second.pk]
    assert browser.post("/admin/auth/user/", data).status_code == 302
    assert browser.post(f"/admin/auth/user/{boss.pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(User.objects.all()) == [boss]


def test_no_road_around_the_admin_takes_the_last_superuser(boss: User) -> None:
    User.objects.create_superuser("asleep", is_active=False)
    boss.is_active = False
    with pytest.raises(LastSuperuserError):
        boss.save()
    boss.refresh_from_db()
    with pytest.raises(PermissionDenied), transaction.atomic():
        User.objects.all().delete()
    with pytest.raises(PermissionDenied), transaction.atomic():
        boss.delete()
    assert User.objects.count() == 2
    boss.first_name = "Sign"
    boss.save()
