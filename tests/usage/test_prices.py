"""Which price holds: bundled ones by a strict rule, admins' ones always, old rows never touched."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat.models import ChatModel, Price, Provider
from chat.usage import bundled
from chat.usage.prices import import_prices, price_in_force, prices_in_force, unit_price
from chat.usage.pricing import Rates, UnitPrice
from tests.harness.site import Site

OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://localhost:11434/v1"
GATEWAY = "https://llm.example.org/v1"
GROQ = "https://api.groq.com/openai/v1"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta/openai"
VERTEX = "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi"
OPENROUTER = "https://openrouter.ai/api/v1"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1"
AZURE = "https://here.openai.azure.com/openai/v1"
ANTHROPIC = "https://api.anthropic.com"
DEEPSEEK = "https://api.deepseek.com"


def bundled_price(name: str, address: str) -> UnitPrice | None:
    """What the package knows of a model now."""
    return bundled.bundled_price(name, address, timezone.now()).price


@pytest.mark.parametrize(
    ("name", "address", "input_price", "output_price"),
    [
        ("gpt-4o", OPENAI, "2.5", "10"),
        ("gpt-4o-mini", OPENAI, "0.15", "0.6"),
        ("gpt-4o", GATEWAY, "2.5", "10"),
        ("gpt-4o-mini", "http://127.0.0.1:9/v1", "0.15", "0.6"),
        ("gpt-4o-2024-08-06", GATEWAY, "2.5", "10"),
        ("openai/gpt-4o", GATEWAY, "2.5", "10"),
        ("claude-sonnet-4", GATEWAY, "3", "15"),
        ("claude-sonnet-4-20250514", "", "3", "15"),
        ("llama-3.3-70b-versatile", GROQ, "0.59", "0.79"),
        # As Google lists its own.
        ("models/gemini-2.5-pro", GOOGLE, "1.25", "10"),
        ("models/gemini-2.5-pro", GATEWAY, "1.25", "10"),
        ("google/gemini-2.5-pro", VERTEX, "1.25", "10"),
        ("publishers/google/models/gemini-2.5-pro", VERTEX, "1.25", "10"),
        ("vertex_ai/gemini-2.5-pro", GATEWAY, "1.25", "10"),
        ("gemini/gemini-2.5-pro", GATEWAY, "1.25", "10"),
        # Editions after an @, as Vertex has them.
        ("claude-sonnet-4@20250514", VERTEX, "3", "15"),
        ("claude-sonnet-4@20250514", GATEWAY, "3", "15"),
        ("claude-sonnet-4@default", GATEWAY, "3", "15"),
        ("vertex_ai/claude-sonnet-4@20250514", GATEWAY, "3", "15"),
        # What OpenRouter calls free is; its other ways to ask cost what nobody here knows.
        ("deepseek/deepseek-r1:free", OPENROUTER, "0", "0"),
        ("somebody/new:free", OPENROUTER, "0", "0"),
        ("openrouter/deepseek/deepseek-r1:free", GATEWAY, "0", "0"),
        ("anthropic/claude-3.7-sonnet:thinking", OPENROUTER, "3", "15"),
        # Bedrock's names say where it is done.
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", BEDROCK, "3.3", "16.5"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", BEDROCK, "3.3", "16.5"),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", BEDROCK, "3", "15"),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", GATEWAY, "3", "15"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", GATEWAY, "3.3", "16.5"),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", GATEWAY, "3.3", "16.5"),
        # Deployments that are called what they are.
        ("gpt-4o", AZURE, "2.5", "10"),
        ("gpt-35-turbo", AZURE, "0.5", "1.5"),
        ("azure/gpt-4o", GATEWAY, "2.5", "10"),
        ("ft:gpt-4o-2024-08-06:here::abc", OPENAI, "3.75", "15"),
    ],
)
def test_a_known_model_has_its_vendors_price(name: str, address: str, input_price: str, output_price: str) -> None:
    price = bundled_price(name, address)
    assert price is not None
    assert (price.rates.input, price.rates.output) == (Decimal(input_price), Decimal(output_price))
    assert price.currency == "USD"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("llama3.2:3b", OLLAMA),
        ("llama-3.3-70b-versatile", OLLAMA),
        ("qwen2.5", OLLAMA),
        ("deepseek-r1:8b", OLLAMA),
        ("deepseek-chat", GATEWAY),
        ("gpt-oss-20b", OLLAMA),
        ("gpt-oss:20b", OLLAMA),
        ("gemma-3", OLLAMA),
        ("mistral-large", OLLAMA),
        ("gpt-4o-but-mine", OLLAMA),
        ("my-gpt-4o", OLLAMA),
        ("claude-sonnet-4-distilled-8b", OLLAMA),
        ("anthropic/gpt-4o", GATEWAY),
        ("gpt-4o", GROQ),
        ("text-embedding-3-small", OPENAI),
        ("no-such-model", OPENAI),
        ("models/llama3", OLLAMA),
        ("tunedmodels/gemini-2.5-flash-x", GOOGLE),
        ("deepseek/deepseek-r1:free", GATEWAY),
        ("gpt-4o:free", GATEWAY),
        ("openai/gpt-4o:online", OPENROUTER),
        ("openai/gpt-4o:nitro", OPENROUTER),
        ("meta.llama3-3-70b-instruct-v1:0", GATEWAY),
        ("my.anthropic.claude-sonnet-4-5-20250929-v1:0", GATEWAY),
        ("our-gpt-4o", AZURE),
        ("gpt-4o-production", AZURE),
        ("azure/our-deployment", GATEWAY),
        # Part of what they say is pictures, at another price.
        ("gemini-2.5-flash-image", GOOGLE),
        ("models/gemini-3.1-flash-image-preview", GOOGLE),
        ("gemini-3.6-flash-tts-preview", GOOGLE),
        ("gemini-3.6-flash-image", GOOGLE),
        ("", OPENAI),
        ("", ""),
    ],
)
def test_a_name_that_does_not_say_who_serves_it_has_no_price(name: str, address: str) -> None:
    assert bundled_price(name, address) is None


def test_a_price_knows_what_the_cache_costs() -> None:
    price = bundled_price("claude-sonnet-4", GATEWAY)
    assert price is not None
    rates = price.rates
    assert (rates.cached, rates.cache_write, rates.long_cache_write) == (Decimal("0.3"), Decimal("3.75"), Decimal(6))


def test_a_price_that_rises_with_the_prompt_has_its_tiers() -> None:
    price = bundled_price("gemini-2.5-pro", GATEWAY)
    assert price is not None
    assert (price.rates.input, price.rates.output) == (Decimal("1.25"), Decimal(10))
    assert [(tier.above, tier.rates.input, tier.rates.output) for tier in price.tiers] == [
        (200_000, Decimal("2.5"), Decimal(15))
    ]


def test_the_price_data_is_loaded_only_when_it_is_asked() -> None:
    code = "import sys, chat.usage.prices; sys.exit('genai_prices' in sys.modules)"
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'chatsite.settings'; django.setup(); "
    assert subprocess.run([sys.executable, "-c", setup + code], check=False).returncode == 0


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
