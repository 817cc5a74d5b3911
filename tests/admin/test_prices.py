"""Prices by the hour and for long prompts, what has no price, and what Django's log keeps of it all."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chat.catalog import choice
from chat.errors import ChatError
from chat.models import ChatModel, Price, Provider, SitePolicy
from chat.usage import totals
from chat.usage.prices import price_in_force, unit_price
from tests.admin.test_permissions import NO_TIERS
from tests.usage.rows import priced_model, record

ADD = "/admin/chat/price/add/"
POLICY = "/admin/chat/sitepolicy/"


@pytest.fixture
def local(db: None) -> ChatModel:
    """A model of one's own, without a price."""
    provider = Provider.objects.create(name="cellar", base_url="http://127.0.0.1:9/v1")
    return ChatModel.objects.create(name="llama", upstream_name="llama", provider=provider)


def form(model: ChatModel, **more: str) -> dict[str, Any]:
    when = {"valid_from_0": "2026-01-01", "valid_from_1": "00:00:00"}
    return NO_TIERS | {"model": model.pk, "currency": "EUR"} | when | more


def test_a_price_by_the_hour_becomes_one_by_the_token(browser: Client, local: ChatModel) -> None:
    assert browser.post(ADD, form(local, per_hour="0.90", tokens_per_hour="360000")).status_code == 302
    price = Price.objects.get()
    assert (price.input_per_million, price.output_per_million) == (Decimal("2.5"), Decimal("2.5"))
    assert (price.per_hour, price.tokens_per_hour, price.currency) == (Decimal("0.9"), 360_000, "EUR")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"per_hour": "1"}, "tokens_per_hour"),
        ({"tokens_per_hour": "5"}, "per_hour"),
        ({"per_hour": "1", "tokens_per_hour": "0"}, "tokens_per_hour"),
        ({"per_hour": "1", "tokens_per_hour": "5", "output_per_million": "1"}, "output_per_million"),
        ({"per_hour": "999999", "tokens_per_hour": "1"}, "__all__"),
    ],
)
def test_a_price_by_the_hour_that_makes_no_sense_is_refused(
    browser: Client, local: ChatModel, given: dict[str, str], wrong: str
) -> None:
    response = browser.post(ADD, form(local, **given))
    assert list(response.context["adminform"].form.errors) == [wrong]
    assert not Price.objects.exists()


def test_the_tokens_of_an_hour_that_were_measured_are_offered(browser: Client, local: ChatModel) -> None:
    assert "Measured" not in browser.get(ADD, {"model": local.pk}).content.decode()
    row = record(timezone.now() - timedelta(days=1), None, model="llama", provider="cellar", elapsed_seconds=10.0)
    totals.count([row])
    assert "540,000 in an hour of answering" in browser.get(ADD, {"model": local.pk}).content.decode()


def test_a_tier_for_long_prompts_is_added_with_its_price(browser: Client, local: ChatModel) -> None:
    tier = {"tiers-TOTAL_FORMS": "1", "tiers-0-above_tokens": "1000"}
    tier |= {"tiers-0-input_per_million": "4", "tiers-0-output_per_million": "8"}
    browser.post(ADD, form(local, input_per_million="2", output_per_million="4", **tier))
    price = price_in_force(local.pk, timezone.now())
    assert price is not None
    assert [unit_price(price).at(prompt).input for prompt in (1000, 1001)] == [Decimal(2), Decimal(4)]


def test_the_first_page_says_which_models_have_no_price(browser: Client, local: ChatModel) -> None:
    priced, _ = priced_model("priced", "cellar")
    page = browser.get("/admin/").content.decode()
    assert f'href="{ADD}?model={local.pk}"' in page
    assert f"?model={priced.pk}" not in page
    Price.objects.create(model=local, input_per_million=0, output_per_million=0)
    assert "Nobody knows what these models cost" not in browser.get("/admin/").content.decode()


def test_models_without_a_price_can_be_forbidden(browser: Client, boss: User, local: ChatModel) -> None:
    Provider.objects.update(base_url=local.provider.base_url)
    priced, _ = priced_model("priced", "cellar")
    assert choice.choose(boss, "llama") == local
    assert browser.post(f"{POLICY}add/", {"forbid_unpriced": "on"}).status_code == 302
    assert [each.name for each in choice.choices(boss)] == ["priced"]
    with pytest.raises(ChatError, match="has no price") as refused:
        choice.choose(boss, "llama")
    assert refused.value.code == "invalid_request"
    assert choice.choose(boss, None, local) == priced
    row = SitePolicy.objects.get()
    # There is one.
    assert browser.get(f"{POLICY}add/").status_code == 403
    browser.post(f"{POLICY}{row.pk}/change/", {})
    assert choice.choose(boss, "llama") == local


def test_every_change_is_in_djangos_log(browser: Client, local: ChatModel) -> None:
    browser.post(ADD, form(local, input_per_million="1", output_per_million="1"))
    browser.post(f"{POLICY}add/", {"forbid_unpriced": "on"})
    provider = {"name": "cellar", "kind": "openai", "base_url": "http://127.0.0.1:8/v1"}
    provider |= {"drain_seconds": "5", "drain_tokens": "100", "prompt_caching": "auto"}
    browser.post(f"/admin/chat/provider/{local.provider_id}/change/", provider)
    inline = {"prices-TOTAL_FORMS": "1", "prices-INITIAL_FORMS": "0", "prices-0-currency": "USD"}
    inline |= {"prices-0-input_per_million": "3", "prices-0-output_per_million": "4"}
    inline |= {"prices-0-valid_from_0": "2026-02-01", "prices-0-valid_from_1": "00:00:00"}
    model = {"name": "llama", "provider": local.provider_id, "upstream_name": "llama", "position": "0", "enabled": "on"}
    browser.post(f"/admin/chat/chatmodel/{local.pk}/change/", model | inline)
    browser.post(
        "/admin/auth/user/add/", {"username": "new", "password1": "long enough 1", "password2": "long enough 1"}
    )
    entries = [(entry.content_type.model, entry.get_change_message()) for entry in LogEntry.objects.order_by("pk")]  # type: ignore[union-attr]
    assert entries[:2] == [("price", "Added."), ("sitepolicy", "Added.")]
    assert entries[2][0] == "provider"
    assert "Base URL" in entries[2][1]
    assert entries[3] == ("chatmodel", "Added price “3 / 4 USD”.")
    assert entries[4] == ("user", "Added.")


def test_a_price_for_a_tier_is_added_beside_the_standard(browser: Client, local: ChatModel) -> None:
    browser.post(ADD, form(local, input_per_million="2", output_per_million="4"))
    tier = {"context": "service_tier=priority", "searches_per_thousand": "10"}
    browser.post(ADD, form(local, input_per_million="3", output_per_million="6", **tier))
    now = timezone.now()
    found = [price_in_force(local.pk, now, context) for context in ("", "service_tier=priority", "speed=fast")]
    assert [price and (price.input_per_million, price.searches_per_thousand) for price in found] == [
        (2, None),
        (3, 10),
        None,
    ]
    assert "service_tier=priority" in browser.get("/admin/chat/price/").content.decode()
    # The models' list shows the standard.
    assert "€2.00 / €4.00" in browser.get("/admin/chat/chatmodel/").content.decode()


@pytest.mark.parametrize(
    "context",
    [
        "priority",
        "service_tier",
        "service_tier=",
        "tier=priority",
        "service_tier=Priority",
        "speed=fast, service_tier=x",
    ],
)
def test_a_tier_that_no_request_is_charged_by_is_refused(browser: Client, local: ChatModel, context: str) -> None:
    response = browser.post(ADD, form(local, input_per_million="1", output_per_million="1", context=context))
    assert list(response.context["adminform"].form.errors) == ["context"]


def test_the_first_page_says_which_tiers_have_no_price(browser: Client, local: ChatModel) -> None:
    price = Price.objects.create(model=local, input_per_million=1, output_per_million=1)
    row = {"model": "llama", "provider": "cellar", "service_tier": "priority", "speed": "standard"}
    record(timezone.now(), price, **row | {"service_tier": "default"})
    assert "charged by" not in browser.get("/admin/").content.decode()
    for _ in range(2):
        record(timezone.now(), None, **row)
    page = browser.get("/admin/").content.decode()
    link = f"{ADD}?model={local.pk}&amp;context=service_tier%3Dpriority"
    assert page.count(f'href="{link}"') == 1
    assert 'value="service_tier=priority"' in browser.get(link.replace("&amp;", "&")).content.decode()
    Price.objects.create(model=local, context="service_tier=priority", input_per_million=1, output_per_million=1)
    assert "charged by" not in browser.get("/admin/").content.decode()


def test_the_ledger_tells_a_tier_and_whose_price_it_is(browser: Client, local: ChatModel) -> None:
    told = record(
        timezone.now(),
        None,
        service_tier="flex",
        cost=Decimal("0.25"),
        provider_cost=Decimal("0.25"),
        finish_reason="other",
        finish_detail="xyz",
    )
    record(timezone.now(), None)
    ledger = "/admin/chat/usagerecord/"
    page = browser.get(ledger).content.decode()
    for words in ("service_tier=flex", "$0.2500 (the provider&#x27;s own)", "other: xyz", "no price"):
        assert words in page
    counts = [browser.get(ledger, {"cost": kind}).context["cl"].result_count for kind in ("told", "unpriced", "known")]
    assert counts == [1, 1, 1]
    assert "$0.2500" in browser.get(f"{ledger}{told.pk}/change/").content.decode()


def test_beside_a_model_are_its_newest_prices_however_many_there_are(browser: Client, local: ChatModel) -> None:
    amounts = {"output_per_million": 0, "model": local}
    since = timezone.now() - timedelta(days=1)
    for number in range(60):
        Price.objects.create(**amounts, input_per_million=number, valid_from=since + timedelta(minutes=number))
    response = browser.get(f"/admin/chat/chatmodel/{local.pk}/change/")
    shown = [form.instance.input_per_million for form in response.context["inline_admin_formsets"][0].formset.forms]
    assert shown[:50] == list(range(59, 9, -1))
    inline = {"prices-TOTAL_FORMS": "51", "prices-INITIAL_FORMS": "50", "prices-50-currency": "USD"}
    inline |= {"prices-50-input_per_million": "777", "prices-50-output_per_million": "4"}
    inline |= {"prices-50-valid_from_0": "2026-02-01", "prices-50-valid_from_1": "00:00:00"}
    inline |= {f"prices-{number}-id": str(form.instance.pk) for number, form in enumerate(shown_forms(response))}
    inline |= {f"prices-{number}-model": str(local.pk) for number in range(51)}
    model = {"name": "llama", "provider": local.provider_id, "upstream_name": "llama", "position": "0", "enabled": "on"}
    assert browser.post(f"/admin/chat/chatmodel/{local.pk}/change/", model | inline).status_code == 302
    assert Price.objects.filter(input_per_million=777).count() == 1


def shown_forms(response: Any) -> list[Any]:
    return [form for form in response.context["inline_admin_formsets"][0].formset.forms if form.instance.pk]
