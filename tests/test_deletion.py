"""Accounts that are deleted: everything of their owner's goes, and the ledger adds up to the last digit."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from chat import deletion
from chat.errors import ChatError
from chat.generation.settlement import book, settle
from chat.models import AccountDeletion, ApiKey, Budget, Conversation, Correction, DailyTotal, Price, UsageRecord
from chat.models.usage import FORMER_USER
from chat.repricing import apply, repriced
from chat.usage import anonymization, reports
from chat.usage.ledger import Account
from chat.usage.period import Period, today
from chat.usage.rebuild import rebuild
from tests.belongings import WORD, columns_of, mentions, person, rows_of, sums
from tests.harness import patience
from tests.harness.site import Site
from tests.usage.account import RESULT, account  # noqa: F401 - a fixture
from tests.usage.test_totals import dearer

pytestmark = pytest.mark.django_db
MONTH = Period(today() - timedelta(days=40), today())


@pytest.fixture
def leaver() -> User:
    Budget.objects.create(scope="site", amount=100)
    person("marigold")
    return person()


def everything_goes_and_the_books_are_right() -> None:
    """What the test below says, on the database at hand."""
    if not Budget.objects.filter(scope="site").exists():
        Budget.objects.create(scope="site", amount=100)
    person("marigold")
    user = person()
    dearer(Price.objects.get(model__name="belonging"))
    apply(list(repriced(None, None)))
    assert Correction.objects.exists()
    missing = [name for name, count in rows_of(user.pk).items() if not count]
    assert missing == [], "tests/belongings.py gives its person no row of these: nobody knows whether they go"
    ids = [str(each) for each in Conversation.objects.filter(owner=user).values_list("pk", flat=True)]
    ids += [str(each) for each in UsageRecord.objects.filter(user_id=user.pk).values_list("generation_id", flat=True)]
    ids += [str(each) for each in UsageRecord.objects.filter(user_id=user.pk).values_list("message_id", flat=True)]
    [key] = ApiKey.objects.filter(user=user).values_list("pk", flat=True)
    assert mentions(WORD)
    before, total = sums(), reports.total(MONTH)
    models, groups = reports.by_model(MONTH), reports.by_day(MONTH)

    deletion.delete_account(user.pk)

    assert not any(rows_of(user.pk).values())
    assert columns_of(user.pk, key) == []
    assert mentions(WORD, *ids, *(each.replace("-", "") for each in ids)) == []
    assert sums() == before
    assert (reports.total(MONTH), reports.by_model(MONTH), reports.by_day(MONTH)) == (total, models, groups)
    assert {each.name for each in reports.by_user(MONTH)} == {FORMER_USER, "marigold"}
    assert list(rebuild(check=True)) == []
    assert UsageRecord.objects.filter(username=FORMER_USER).count() == 6
    # What is the other one's is there.
    other = User.objects.get(username="marigold")
    assert all(rows_of(other.pk).values())
    assert mentions("marigold")


def test_everything_of_theirs_goes_and_the_books_add_up_to_the_last_digit() -> None:
    everything_goes_and_the_books_are_right()


def test_on_postgresql_too(postgres_url: str, tmp_path: Path) -> None:
    site = Site(tmp_path, {"DATABASE_URL": postgres_url, "SECRET_KEY": "only-for-this-test-" + "x" * 40}, people=False)
    site.manage("migrate", "-v0")
    site.shell("from tests import test_deletion as t", "t.everything_goes_and_the_books_are_right()")
    site.shell("from tests import test_deletion as t", "t.the_ledger_lets_only_the_person_go()")


def test_two_who_go_are_one_former_user_and_their_days_are_added(leaver: User) -> None:
    before = sums()
    for user in (leaver, User.objects.get(username="marigold")):
        deletion.delete_account(user.pk)
    assert sums() == before
    assert [each.name for each in reports.by_user(MONTH)] == [FORMER_USER]
    assert list(rebuild(check=True)) == []


def test_a_deletion_that_was_interrupted_goes_on(leaver: User, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sums()
    first = anonymization.forget_day

    def killed(user_id: int, day: Any) -> None:
        first(user_id, day)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(anonymization, "forget_day", killed)
        with pytest.raises(KeyboardInterrupt):
            deletion.delete_account(leaver.pk)
    assert list(rebuild(check=True)) == []
    AccountDeletion.objects.exclude(user=leaver).delete()
    later = timezone.now() + timedelta(days=8)
    assert deletion.delete_due(later) == 1
    assert (sums(), list(rebuild(check=True)), mentions(WORD)) == (before, [], [])


def the_ledger_lets_only_the_person_go() -> None:
    """No column of a row but its owner's changes, not even when the owner goes; nothing changes of a former user's."""
    user = person("tansy", days=1)
    gone = {"user_id": "0", "username": "'a former user'", "api_key_id": "NULL", "api_key_name": "''"}
    kept = [field for field in UsageRecord._meta.concrete_fields if field.name not in OWNERS]
    refused: list[dict[str, str]] = [{**gone, str(field.column): other(field)} for field in kept]
    refused += [{"user_id": "0"}, {"user_id": "3"}, {"id": "id"}]
    refused += [{**gone, "user_id": "3"}, {**gone, "username": "'b'"}, {**gone, "api_key_id": "5"}]
    refused += [{**gone, "api_key_name": "'b'"}, {name: value for name, value in gone.items() if name != "username"}]
    for change in refused:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            changed(change, user.pk)
    assert changed(gone, user.pk) == 2
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        changed(gone, 0)


def changed(columns: dict[str, str], user_id: int) -> int:
    """Change a user's rows of the ledger. Returns how many that were."""
    assignments = ", ".join(f'"{name}" = {value}' for name, value in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE chat_usagerecord SET {assignments} WHERE user_id = {user_id}")  # noqa: S608
        return int(cursor.rowcount)


OWNERS = ("user_id", "username", "api_key_id", "api_key_name", "conversation_id", "message_id", "generation_id")


def other(field: Any) -> str:
    """Return a value that a column does not have, in SQL."""
    if field.column == "id":
        return "id + 1000000"
    if field.get_internal_type() == "DateTimeField":
        return "'2001-02-03 04:05:06+00:00'"
    if field.get_internal_type() == "JSONField":
        return "'{\"a\": 1}'"
    return "'x'" if field.get_internal_type() in ("CharField", "TextField") else "7"


def test_the_ledger_lets_nothing_but_the_person_go() -> None:
    the_ledger_lets_only_the_person_go()


def test_an_answer_that_ends_after_its_person_has_gone_is_booked_for_nobody(account: Account) -> None:  # noqa: F811
    deletion.delete_account(account.user_id)
    settle(account, RESULT)
    book(account, RESULT.attempts, timezone.now())
    assert {row.username for row in UsageRecord.objects.all()} == {FORMER_USER}
    assert columns_of(account.user_id, -1) == []
    assert list(rebuild(check=True)) == []


def test_a_price_that_was_corrected_while_somebody_went_is_counted_where_the_row_is(leaver: User) -> None:
    dearer(Price.objects.get(model__name="belonging"))
    changes = list(repriced(None, None))
    deletion.delete_account(leaver.pk)
    apply(changes)
    assert list(rebuild(check=True)) == []
    assert not DailyTotal.every_grain.filter(user_id=leaver.pk).exists()


def test_who_deletes_their_account_has_seven_days_in_which_nothing_of_it_works(leaver: User) -> None:
    AccountDeletion.objects.all().delete()
    _, key = ApiKey.issue(leaver, "program")
    browser = Client()
    browser.force_login(leaver)
    plan = deletion.schedule(leaver)
    assert plan.due_at - plan.requested_at == timedelta(days=7)
    assert ApiKey.find(key) is None
    assert browser.get("/").status_code == 302
    assert deletion.delete_due(plan.due_at - timedelta(seconds=1)) == 0
    # Once more changes nothing, the day neither.
    assert deletion.schedule(leaver).due_at == plan.due_at
    assert deletion.cancel(leaver.pk)
    assert ApiKey.find(key) is not None
    # They were signed out for good.
    assert browser.get("/").status_code == 302
    assert not deletion.cancel(leaver.pk)
    # An admin lets them in again, too; then the days begin anew.
    deletion.schedule(leaver)
    User.objects.filter(pk=leaver.pk).update(is_active=True)
    assert deletion.delete_due(timezone.now() + timedelta(days=8)) == 0
    assert deletion.schedule(leaver).due_at > plan.due_at
    assert deletion.delete_due(timezone.now() + timedelta(days=7, seconds=1)) == 1
    assert not User.objects.filter(pk=leaver.pk).exists()
    assert not deletion.cancel(leaver.pk)


def test_the_last_superuser_stays() -> None:
    one = User.objects.create_superuser("one")
    two = User.objects.create_superuser("two")
    deletion.schedule(one)
    for deed in (lambda: deletion.schedule(two), lambda: deletion.delete_account(two.pk)):
        with pytest.raises(ChatError, match="last active superuser"):
            deed()
    two.refresh_from_db()
    assert two.is_active
    with pytest.raises(CommandError, match="last active superuser"):
        call_command("deleteaccounts", "--user", "two")
    browser = Client()
    browser.force_login(two)
    browser.post(f"/admin/auth/user/{two.pk}/delete/", {"post": "yes"})
    assert User.objects.filter(pk=two.pk, is_active=True).exists()


def test_the_command_deletes_what_is_due_or_somebody_by_name(leaver: User) -> None:
    out = StringIO()
    call_command("deleteaccounts", stdout=out)
    assert "deleted: 0" in out.getvalue()
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    AccountDeletion.objects.filter(user=leaver).update(due_at=timezone.now())
    call_command("deleteaccounts", stdout=out)
    assert "deleted: 1" in out.getvalue()
    call_command("deleteaccounts", "--user", "marigold", stdout=out)
    assert not User.objects.filter(username__in=(WORD, "marigold")).exists()
    with pytest.raises(CommandError, match="no such account"):
        call_command("deleteaccounts", "--user", "marigold")


@pytest.mark.parametrize("road", ["page", "action"])
def test_an_admin_who_deletes_somebody_goes_the_same_road(leaver: User, road: str) -> None:
    before = sums()
    browser = Client()
    browser.force_login(User.objects.create_superuser("chief"))
    if road == "page":
        browser.post(f"/admin/auth/user/{leaver.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [leaver.pk], "post": "yes"}
        browser.post("/admin/auth/user/", chosen)
    assert (mentions(WORD), sums()) == ([], before)
    assert LogEntry.objects.filter(user__username="chief", object_repr=deletion.GONE).exists()


def test_several_processes_delete_an_account_once(leaver: User) -> None:
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    AccountDeletion.objects.filter(user=leaver).update(due_at=timezone.now(), claimed_at=timezone.now())
    assert deletion.delete_due(timezone.now()) == 0
    AccountDeletion.objects.filter(user=leaver).update(claimed_at=timezone.now() - deletion.CLAIM * 2)
    assert deletion.delete_due(timezone.now()) == 1


def test_a_server_deletes_what_is_due_as_it_starts_in_one_of_its_processes(tmp_path: Path) -> None:
    with Site(tmp_path, workers=2) as site:
        site.shell(
            "from chat.models import AccountDeletion",
            "from django.utils import timezone",
            "for user in User.objects.filter(username__in=['bob', 'charlie']):",
            "    AccountDeletion.objects.create(user=user, due_at=timezone.now())",
            "User.objects.filter(username__in=['bob', 'charlie']).update(is_active=False)",
        )
        site.stop()
        site.start()
        deadline = monotonic() + patience.SECONDS
        while site.shell("print(User.objects.filter(username__in=['bob', 'charlie']).count())").strip() != "0":
            assert monotonic() < deadline, "".join(site.output)
        assert "".join(site.output).count("An account was deleted.") == 2
