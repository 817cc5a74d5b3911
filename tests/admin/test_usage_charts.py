"""The charts of the usage page: what they stack, and what they add up."""

import json
import re
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.admin.test_usage_page import PAGE, text
from tests.usage.rows import counted, priced_model


def drawings(response: object) -> dict[str, dict[str, Any]]:
    """What is drawn, by the ids of the elements that hold it."""
    page = response.content.decode()  # type: ignore[attr-defined]
    found = re.findall(r'<script id="(chart-[^"]+)" type="application/json">(.*?)</script>', page)
    return {name: json.loads(data) for name, data in found}


def test_the_costs_of_every_day_are_stacked_by_model(browser: Client) -> None:
    for name, tokens in (("small", 1_000_000), ("large", 3_000_000)):
        _, price = priced_model(name)
        counted(timezone.now(), price, prompt_tokens=tokens, completion_tokens=0)
    found = drawings(browser.get(PAGE, {"days": 7}))["chart-days-USD"]
    assert len(found["labels"]) == 7
    assert [(one["name"], one["values"]) for one in found["series"]] == [
        ("large", [0.0] * 6 + [3.0]),
        ("small", [0.0] * 6 + [1.0]),
    ]


def test_beyond_seven_models_a_chart_adds_up_the_others(browser: Client) -> None:
    for number in range(10):
        _, price = priced_model(f"m-{number}")
        counted(timezone.now(), price, prompt_tokens=1_000_000 * (20 - number), completion_tokens=0)
    found = drawings(browser.get(PAGE, {"days": "1"}))
    assert [one["name"] for one in found["chart-days-USD"]["series"]] == [*(f"m-{n}" for n in range(7)), "Others"]
    assert found["chart-days-USD"]["series"][-1]["values"] == [36.0]
    assert found["chart-models"]["series"][0]["values"][-1] == 36.0


def test_where_nothing_has_a_price_the_chart_shows_tokens(browser: Client) -> None:
    counted(timezone.now(), None)
    assert "Tokens per day" in text(browser.get(PAGE))


def test_each_currency_has_its_own_total_and_chart(browser: Client) -> None:
    counted(timezone.now(), priced_model("a")[1])
    counted(timezone.now(), priced_model("b", "other", "EUR")[1])
    page = text(browser.get(PAGE))
    assert "Cost, EUR €0.0015" in page
    assert "Cost, USD $0.0015" in page
    assert "Cost per day, EUR" in page
    assert "€0.0015 + $0.0015" in page
