"""Which price holds: bundled ones by a strict rule, admins' ones always, old rows never touched."""

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat.models import ChatModel, Price, Provider
from chat.usage import bundled
from chat.usage.pricelist import import_prices, price_in_force, prices_in_force, unit_price
from chat.usage.pricing import Rates, UnitPrice

OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://localhost:11434/v1"
GATEWAY = "https://llm.example.org/v1"
GROQ = "https://api.groq.com/openai/v1"


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
    code = "import sys, chat.usage.pricelist; sys.exit('genai_prices' in sys.modules)"
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
