"""The providers' bills beside the ledger: exact, with nothing left out on either side."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from chat.models import ChatModel, Correction, Price, Provider
from chat.repricing import apply, repriced
from tests.harness.upstream.bill import cost, costs
from tests.harness.upstream.process import Upstream
from tests.usage.rows import counted, noon, priced_model

PAGE = "/admin/usage/reconcile/"
NO_ACCOUNT = "cellar keeps no account that could be read; only OpenAI and Anthropic do, at their own addresses."
SONNET = "claude-sonnet-4-20250514"


@pytest.fixture
def accounts(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The admin keys of a provider of each format, both at the scripted upstream, and a third without an account."""
    keys = {name: f"sk-admin-{uuid4().hex}" for name in ("openai", "anthropic")}
    monkeypatch.setenv("OUR_ADMIN_KEY", keys["openai"])
    monkeypatch.setenv("ANTHROPIC_ADMIN_KEY", keys["anthropic"])
    Provider.objects.create(name="openai", base_url=upstream.base_url, admin_key_variable="OUR_ADMIN_KEY")
    Provider.objects.create(
        name="anthropic",
        kind="anthropic",
        base_url=upstream.anthropic_url,
        admin_key_variable="ANTHROPIC_ADMIN_KEY",
    )
    Provider.objects.create(name="cellar", base_url="http://127.0.0.1:9/v1")
    for key in keys.values():
        upstream.bill(key, {})
    return keys


def run(*arguments: str) -> list[list[str]]:
    """Return the words of each line that the command prints."""
    output = StringIO()
    call_command("reconcile", *arguments, stdout=output, no_color=True)
    return [line.split() for line in output.getvalue().splitlines()]


PERIOD = ("--from", "2026-11-01", "--to", "2026-11-05")


@pytest.mark.django_db(transaction=True)
def test_both_bills_are_shown_beside_the_ledger_to_the_last_digit(upstream: Upstream, accounts: dict[str, str]) -> None:
    _, gpt = priced_model("gpt-4o")
    _, claude = priced_model(SONNET, "anthropic")
    for number in range(3):
        counted(noon(2026, 11, 1), gpt, prompt_tokens=1_000_001 + number, completion_tokens=7)
    counted(noon(2026, 11, 2), gpt, prompt_tokens=10, completion_tokens=0)
    counted(datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC), claude, provider="anthropic", prompt_tokens=500_000)
    counted(noon(2026, 10, 31), gpt, prompt_tokens=99)
    upstream.bill(
        accounts["openai"],
        {
            "2026-11-01": [
                costs("gpt-4o-2024-08-06, input", '"3.000006000000000000000000000"'),
                costs("gpt-4o-2024-08-06, output", "0.000024"),
                costs("evals | gpt-4o-mini-2024-07-18, input", "0.25"),
            ],
            "2026-11-04": [costs("gpt-4o-2024-08-06, input", "0.000000000001")],
            "2026-11-06": [costs("gpt-4o-2024-08-06, input", "77")],
        },
        most=2,
    )
    upstream.bill(
        accounts["anthropic"],
        {"2026-11-01": [cost(SONNET, "50.051", "Input"), cost(SONNET, "0.0490000000001", "Output")]},
        most=1,
    )
    assert run(*PERIOD) == [
        ["anthropic"],
        ["day", "model", "theirs", "ours", "difference"],
        ["2026-11-01", "claude-sonnet-4", f"({SONNET})", "0.501", "0.5005", "+0.0005", "USD"],
        ["Total", "0.501", "0.5005", "+0.0005", "USD"],
        NO_ACCOUNT.split(),
        ["openai"],
        ["day", "model", "theirs", "ours", "difference"],
        ["2026-11-01", "gpt-4o", "(gpt-4o-2024-08-06)", "3.00003", "3.000027", "+0.000003", "USD"],
        ["2026-11-01", "evals", "|", "gpt-4o-mini-2024-07-18,", "input", "0.25", "-", "+0.25", "USD"],
        ["2026-11-02", "gpt-4o", "-", "0.00001", "-0.00001", "USD"],
        ["2026-11-04", "gpt-4o", "(gpt-4o-2024-08-06)", "0.000000000001", "-", "+0.000000000001", "USD"],
        ["Total", "3.250030000001", "3.000037", "+0.249993000001", "USD"],
    ]


@pytest.mark.django_db(transaction=True)
def test_a_corrected_cost_counts_and_what_is_no_more_than_a_guess_is_told(
    upstream: Upstream, accounts: dict[str, str]
) -> None:
    model, price = priced_model("gpt-4o")
    counted(noon(2026, 11, 1), price, prompt_tokens=1_000_000, completion_tokens=0)
    counted(noon(2026, 11, 1), price, prompt_tokens=1_000_000, completion_tokens=0, source="estimated")
    for _ in range(2):
        counted(noon(2026, 11, 1), None)
    counted(noon(2026, 11, 1), price, prompt_tokens=None)
    Price.objects.create(model=model, valid_from=noon(2026, 1, 1), input_per_million=3, output_per_million=3)
    apply([change for change in repriced(None, None) if change.record.cost is not None])
    assert Correction.objects.count() == 2
    upstream.bill(accounts["openai"], {"2026-11-01": [costs("gpt-4o-2024-08-06, input", "6.5")]})
    lines = run(*PERIOD)
    assert ["2026-11-01", "gpt-4o", "(gpt-4o-2024-08-06)", "6.5", "6", "+0.5", "USD"] in lines
    told = "Of our 5 requests 1 was estimated, 2 have no price, 1 was never counted."
    assert told.split() in lines


@pytest.mark.django_db(transaction=True)
def test_a_model_is_found_by_the_providers_own_name_for_it(upstream: Upstream, accounts: dict[str, str]) -> None:
    model, price = priced_model("House model")
    ChatModel.objects.filter(pk=model.pk).update(upstream_name="gpt-4o")
    counted(noon(2026, 11, 1), price, prompt_tokens=1_000_000, completion_tokens=0)
    # One that is in the catalog no more.
    counted(noon(2026, 11, 1), price, model="openai/gpt-4o", prompt_tokens=1_000_000, completion_tokens=0)
    upstream.bill(accounts["openai"], {"2026-11-01": [costs("gpt-4o-2024-08-06, input", "2")]})
    assert ["2026-11-01", "gpt-4o", "(gpt-4o-2024-08-06)", "2", "2", "+0", "USD"] in run(*PERIOD)


@pytest.mark.django_db(transaction=True)
def test_providers_with_one_key_have_one_account(upstream: Upstream, accounts: dict[str, str]) -> None:
    Provider.objects.create(name="second", base_url=upstream.base_url, admin_key_variable="OUR_ADMIN_KEY")
    _, one = priced_model("gpt-4o")
    again, other = priced_model("second/gpt-4o", "second")
    ChatModel.objects.filter(pk=again.pk).update(upstream_name="gpt-4o")
    counted(noon(2026, 11, 1), one, prompt_tokens=1_000_000, completion_tokens=0)
    counted(noon(2026, 11, 1), other, provider="second", prompt_tokens=2_000_000, completion_tokens=0)
    upstream.bill(accounts["openai"], {"2026-11-01": [costs("gpt-4o, input", "3")]})
    lines = run(*PERIOD)
    assert ["openai,", "second"] in lines
    assert ["2026-11-01", "gpt-4o", "3", "3", "+0", "USD"] in lines


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_read_is_said_fails_the_command_and_names_no_key(
    upstream: Upstream, accounts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_ADMIN_KEY", "sk-ant-api03-ordinary")
    upstream.bill(accounts["openai"], {}, status=401)
    output = StringIO()
    with pytest.raises(CommandError, match="Not every account could be read"):
        call_command("reconcile", *PERIOD, stdout=output, no_color=True)
    said = output.getvalue()
    ordinary = "This is an ordinary API key. Costs are told to admin keys only."
    assert f"anthropic: {ordinary} (ANTHROPIC_ADMIN_KEY)" in said
    assert "openai: The provider did not accept the admin key. Check it. (OUR_ADMIN_KEY)" in said
    monkeypatch.delenv("OUR_ADMIN_KEY")
    with pytest.raises(CommandError):
        call_command("reconcile", *PERIOD, stdout=output, no_color=True)
    said = output.getvalue()
    assert "openai was not asked: the variable OUR_ADMIN_KEY holds no key." in said
    assert "sk-" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "2026-11-02", "--to", "2026-11-01"), "must not come after"),
        (("--from", "2020-11-02", "--to", "2026-11-01"), "at most 366 days"),
        (("--from", "yesterday"), "invalid fromisoformat value"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("reconcile", *arguments)


@pytest.mark.django_db(transaction=True)
def test_without_dates_it_is_this_month(upstream: Upstream, accounts: dict[str, str]) -> None:
    now = timezone.now()
    days = [now.date().replace(day=1), now.date()]
    before = days[0] - timedelta(days=1)
    upstream.bill(accounts["openai"], {f"{day}": [costs("gpt-4o, input", "1")] for day in {*days, before}})
    told = [line[0] for line in run() if line[1:2] == ["gpt-4o"]]
    assert told == [str(day) for day in sorted(set(days))]


def text(response: object) -> str:
    """The page as people read it."""
    page = response.content.decode()  # type: ignore[attr-defined]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def staff() -> Client:
    """The browser of somebody who may see the ledger."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_usagerecord"))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.django_db(transaction=True)
def test_the_admins_page_shows_the_same(upstream: Upstream, accounts: dict[str, str], staff: Client) -> None:
    _, price = priced_model("gpt-4o")
    counted(noon(2026, 11, 1), price, prompt_tokens=2_000_000, completion_tokens=0)
    counted(noon(2026, 11, 1), None)
    upstream.bill(accounts["anthropic"], {}, status=401)
    lines = [costs("gpt-4o-2024-08-06, input", "1.75"), costs("<b>tools</b>", "0.000003")]
    upstream.bill(accounts["openai"], {"2026-11-01": lines})
    response = staff.get(PAGE, {"first": "2026-11-01", "last": "2026-11-05"})
    page = text(response)
    assert response.status_code == 200
    assert "1 Nov 2026 to 5 Nov 2026 (UTC)" in page
    assert "They charged $1.75 The ledger has $2.00 Difference −$0.25" in page
    assert "Of our 2 requests 1 has no price." in page
    assert "1 Nov 2026 gpt-4o gpt-4o-2024-08-06 $1.75 $2.00 −$0.2500" in page
    assert "&lt;b&gt;tools&lt;/b&gt; $0.0000030 — +$0.0000030" in page
    assert 'title="-0.249997"' in response.content.decode()
    assert "anthropic: The provider did not accept the admin key. Check it. (ANTHROPIC_ADMIN_KEY)" in page
    assert "cellar keeps no account" in page
    assert "sk-" not in page


@pytest.mark.django_db(transaction=True)
def test_the_page_is_for_staff_who_may_see_the_ledger(staff: Client) -> None:
    where = f"/admin/login/?next={PAGE}"
    visitor = Client()
    visitor.force_login(User.objects.create_user("visitor"))
    for browser in (Client(), visitor):
        response = browser.get(PAGE)
        assert (response.status_code, response["Location"]) == (302, where)
    User.objects.create_user("newcomer", is_staff=True)
    newcomer = Client()
    newcomer.force_login(User.objects.get(username="newcomer"))
    assert newcomer.get(PAGE).status_code == 403
    response = staff.get(PAGE)
    assert "There is no provider with an account." in text(response)
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"first": "2026-11-05", "last": "2026-11-01"}, "The first day must not come after the last."),
        ({"user": "1"}, "Bills know no filters, so all of it is shown."),
        ({"colour": "red"}, "There is nothing called “colour” to choose by."),
    ],
)
def test_the_page_says_what_it_does_not_understand(staff: Client, query: dict[str, str], words: str) -> None:
    response = staff.get(PAGE, query)
    assert response.status_code == 400
    assert words in text(response)


@pytest.mark.django_db(transaction=True)
def test_the_usage_page_leads_to_it_with_its_period(staff: Client) -> None:
    assert f'href="{PAGE}?days=7"' in staff.get("/admin/usage/", {"days": 7}).content.decode()
