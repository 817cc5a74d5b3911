"""Which price holds: bundled ones by a strict rule, admins' ones always, old rows never touched."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat.models import ChatModel, Price, Provider
from chat.usage.cost import Rates, UnitPrice
from chat.usage.prices import import_prices, price_in_force, prices_in_force, unit_price
from tests.harness.site import Site
from tests.usage.test_bundled_price import bundled_price

OPENAI = "https://api.openai.com/v1"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta/openai"
DEEPSEEK = "https://api.deepseek.com"


@pytest.fixture
def openai(db: None) -> Provider:
    return Provider.objects.create(name="openai", base_url=OPENAI)


def model(provider: Provider, name: str, *, enabled: bool = True) -> ChatModel:
    return ChatModel.objects.create(name=name, upstream_name=name, provider=provider, enabled=enabled)


def price(model: ChatModel, amount: str, *, days_ago: float, origin: Price.Origin = Price.Origin.ADMIN) -> Price:
    return Price.objects.create(
        model=model,
        valid_from=timezone.now() - timedelta(days=days_ago),
        input_per_million=Decimal(amount),
        output_per_million=Decimal(amount),
        origin=origin,
    )


def test_importing_prices_every_enabled_model_that_is_known(openai: Provider) -> None:
    known, unknown, off = model(openai, "gpt-4o"), model(openai, "tuned"), model(openai, "o3", enabled=False)
    demo = model(Provider.objects.create(name="demo", kind=Provider.Kind.DEMO), "gpt-4o-mini")
    assert import_prices() == 1
    row = Price.objects.get()
    assert (row.model, row.origin) == (known, Price.Origin.BUNDLED)
    assert unit_price(row) == bundled_price("gpt-4o", OPENAI)
    assert not Price.objects.filter(model__in=[unknown, off, demo]).exists()


@pytest.mark.parametrize("name", ["gpt-4o", "gpt-5.4"], ids=["plain", "with tiers"])
def test_importing_again_adds_nothing(openai: Provider, name: str) -> None:
    model(openai, name)
    assert (import_prices(), import_prices()) == (1, 0)
    assert unit_price(Price.objects.get()) == bundled_price(name, OPENAI)


def test_a_changed_price_is_a_new_row_and_the_old_one_stays(openai: Provider) -> None:
    old = price(model(openai, "gpt-4o"), "99", days_ago=30, origin=Price.Origin.BUNDLED)
    assert import_prices() == 1
    old.refresh_from_db()
    assert old.input_per_million == 99
    assert Price.objects.count() == 2


def test_an_admins_newest_price_is_never_overridden(openai: Provider) -> None:
    chosen = model(openai, "gpt-4o")
    price(chosen, "99", days_ago=30, origin=Price.Origin.BUNDLED)
    wish = price(chosen, "1", days_ago=20)
    assert import_prices() == 0
    assert price_in_force(chosen.pk, timezone.now()) == wish


def test_importing_asks_a_fixed_number_of_queries(
    openai: Provider, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        model(openai, f"gpt-4o-2024-08-{number + 1:02}")
    with django_assert_max_num_queries(8):
        import_prices()


def test_the_price_in_force_is_the_newest_that_has_begun(openai: Provider) -> None:
    chosen = model(openai, "tuned")
    first, second = price(chosen, "1", days_ago=10), price(chosen, "2", days_ago=5)
    price(chosen, "3", days_ago=-5)
    now = timezone.now()
    assert price_in_force(chosen.pk, now) == second
    assert price_in_force(chosen.pk, now - timedelta(days=7)) == first
    assert price_in_force(chosen.pk, now - timedelta(days=11)) is None


def test_of_two_prices_from_one_moment_the_later_row_holds(openai: Provider) -> None:
    chosen = model(openai, "gpt-4o")
    now = timezone.now()
    for amount in (1, 2):
        later = Price.objects.create(model=chosen, valid_from=now, input_per_million=amount, output_per_million=1)
    assert price_in_force(chosen.pk, now) == later
    assert prices_in_force([chosen], now) == {chosen.pk: later}


def test_prices_of_many_models_come_in_one_query(
    openai: Provider, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    models = [model(openai, f"model-{number}") for number in range(5)]
    newest = {}
    for chosen in models[1:]:
        price(chosen, "1", days_ago=10)
        newest[chosen.pk] = price(chosen, "2", days_ago=5)
        price(chosen, "3", days_ago=-5)
    with django_assert_num_queries(1):
        found = prices_in_force(models, timezone.now())
    assert found == newest


def test_a_row_becomes_a_plain_price(openai: Provider) -> None:
    row = price(model(openai, "gpt-4o"), "2.5", days_ago=0)
    row.refresh_from_db()
    assert unit_price(row) == UnitPrice(Rates(Decimal("2.5"), Decimal("2.5")), "USD")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "address", "moment", "due"),
    [
        ("deepseek-v4-flash", DEEPSEEK, at(27, 0, 59), "0.15"),
        ("deepseek-v4-flash", DEEPSEEK, at(27, 1), "0.3"),
        ("deepseek-v4-flash", DEEPSEEK, at(27, 3, 59), "0.3"),
        ("deepseek-v4-flash", DEEPSEEK, at(27, 4), "0.15"),
        ("deepseek-v4-flash", DEEPSEEK, at(27, 6), "0.3"),
        ("deepseek-v4-flash", DEEPSEEK, at(27, 10), "0.15"),
        ("deepseek-v4-pro", DEEPSEEK, at(27, 5), "0.66"),
        ("deepseek-v4-pro", DEEPSEEK, at(27, 7), "1.32"),
        ("gemini-4-argon", GOOGLE, at(30, 23, 59), "2"),
        ("models/gemini-4-argon", GOOGLE, at(1, 0, month=12), "4"),
        *((f"gemini-3.{number}-flash", GOOGLE, at(31, 23, 59, month=12), "0.75") for number in (6, 7, 8)),
        *((f"gemini-3.{number}-flash", GOOGLE, datetime(2027, 1, 1, tzinfo=UTC), "1.5") for number in (6, 7, 8)),
    ],
)
def test_a_price_is_that_of_the_moment_whatever_was_asked_before(
    openai: Provider, name: str, address: str, moment: datetime, due: str
) -> None:
    chosen = model(Provider.objects.create(name="vendor", base_url=address), name)
    # What the process was asked first says nothing of the rest.
    for other in (at(27, 12), moment, at(27, 2), moment):
        found = price_in_force(chosen.pk, other)
    assert found is not None
    assert found.input_per_million == Decimal(due)


def test_a_row_begins_when_its_price_does_and_lookups_in_any_order_find_the_same(openai: Provider) -> None:
    chosen = model(Provider.objects.create(name="vendor", base_url=DEEPSEEK), "deepseek-v4-flash")
    moments = [at(day, hour, 30) for day in (25, 26, 27) for hour in range(24)]
    due = {moment: Decimal("0.3") if moment.hour in {1, 2, 3, 6, 7, 8, 9} else Decimal("0.15") for moment in moments}
    Random(3).shuffle(moments)  # noqa: S311
    for moment in moments:
        found = price_in_force(chosen.pk, moment)
        assert found is not None
        assert found.input_per_million == due[moment]
    rows = Price.objects.order_by("valid_from").values_list("valid_from", "input_per_million")
    begun = {when.hour for when, _ in rows}
    assert begun <= {0, 1, 4, 6, 10}
    assert all(when.minute == 0 for when, _ in rows)
    # Whoever reads nothing but rows finds them, too.
    for moment in moments:
        held = [amount for when, amount in rows if when <= moment]
        assert held[-1] == due[moment]
    count = Price.objects.count()
    for moment in moments:
        price_in_force(chosen.pk, moment)
    assert Price.objects.count() == count


def test_where_an_admins_price_is_in_force_the_clock_changes_nothing(openai: Provider) -> None:
    chosen = model(Provider.objects.create(name="vendor", base_url=DEEPSEEK), "deepseek-v4-flash")
    wish = price(chosen, "7", days_ago=400)
    for hour in range(12):
        assert price_in_force(chosen.pk, at(27, hour)) == wish
    assert Price.objects.count() == 1


def test_an_ordinary_lookup_asks_for_the_row_alone(
    openai: Provider, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chosen = model(openai, "gpt-6-astra")
    import_prices()
    price_in_force(chosen.pk, timezone.now())
    with django_assert_num_queries(1):
        found = price_in_force(chosen.pk, timezone.now())
        assert found is not None
        assert (unit_price(found).searches, len(unit_price(found).tiers)) == (Decimal(10), 1)


def test_what_is_shown_is_the_price_of_now_before_anybody_asked(openai: Provider) -> None:
    chosen = model(Provider.objects.create(name="vendor", base_url=DEEPSEEK), "deepseek-v4-flash")
    price_in_force(chosen.pk, at(27, 0, 30))
    count = Price.objects.count()
    amounts = [prices_in_force([chosen], at(27, hour, 30))[chosen.pk].input_per_million for hour in (0, 1, 5, 9, 11)]
    assert amounts == [Decimal(amount) for amount in ("0.15", "0.3", "0.15", "0.3", "0.15")]
    assert Price.objects.count() == count


def test_a_tiers_price_is_a_row_of_its_own_from_the_day_it_began(openai: Provider) -> None:
    chosen = model(openai, "gpt-6-astra")
    import_prices()
    row = price_in_force(chosen.pk, at(27, 12), "service_tier=flex")
    assert row is not None
    assert (row.origin, row.context) == (Price.Origin.BUNDLED, "service_tier=flex")
    assert row.valid_from <= at(27, 12)
    assert price_in_force(chosen.pk, at(27, 13), "service_tier=flex") == row
    assert price_in_force(chosen.pk, at(1, 0, month=9), "service_tier=flex") is None
    # The standard is another.
    standard = price_in_force(chosen.pk, timezone.now())
    assert standard is not None
    assert standard.input_per_million == 2 * row.input_per_million


def test_of_two_that_miss_the_same_row_at_once_one_adds_it(postgres_url: str, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": postgres_url, "SECRET_KEY": "only-for-this-test-" + "x" * 40}
    site = Site(tmp_path, environment, people=False)
    site.manage("migrate", "-v0")
    site.shell(
        f"vendor = Provider.objects.create(name='vendor', base_url={DEEPSEEK!r})",
        "ChatModel.objects.create(name='v4', upstream_name='deepseek-v4-flash', provider=vendor)",
    )
    code = [
        "from datetime import datetime, UTC",
        "from threading import Barrier, Thread",
        "from django.db import connection, transaction",
        "from chat.usage.prices import price_in_force",
        "model, barrier, found = ChatModel.objects.get().pk, Barrier(8), []",
        "def look(hour):",
        "    with transaction.atomic():",
        "        barrier.wait()",
        "        found.append(price_in_force(model, datetime(2026, 11, 27, hour, 30, tzinfo=UTC)).input_per_million)",
        "    connection.close()",
        "threads = [Thread(target=look, args=(1 + number % 2 * 4,)) for number in range(8)]",
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]",
        "distinct = Price.objects.values('valid_from').distinct().count()",
        "print(sorted(map(float, found)), Price.objects.count(), distinct)",
    ]
    amounts, rows, distinct = site.shell(*code).rsplit(" ", 2)
    assert amounts == str([0.15] * 4 + [0.3] * 4)
    assert rows == distinct.strip()
