"""What genai-prices itself makes of a request is what it costs here, for its whole list."""

import warnings
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider
from genai_prices.types import Usage as TheirUsage

from chat.events import Usage
from chat.usage.bundled import Found, _looked_up
from chat.usage.cost import UnknownRateError, cost_of
from chat.usage.price_context import context_of

CONTEXTS: list[dict[str, str]] = [
    {},
    *({"service_tier": tier} for tier in ("priority", "flex", "fast")),
    {"speed": "fast"},
]


def models() -> list[tuple[Provider, ModelInfo]]:
    return [(provider, model) for provider in get_snapshot().providers for model in provider.models]


@pytest.mark.parametrize("seed", range(4))
def test_a_request_costs_what_the_package_says(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    compared = contexts = 0
    for provider, model in models():
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(100_000))
        for words in CONTEXTS:
            cached, written, hour = (random.choice([0, random.randrange(200_000)]) for _ in range(3))
            usage = Usage(
                prompt_tokens=cached + written + hour + random.randrange(100_000),
                cached_tokens=cached,
                completion_tokens=random.randrange(50_000),
                cache_write_tokens=written + hour,
                long_cache_write_tokens=hour,
                web_searches=random.choice([0, 3]),
                **words,  # type: ignore[arg-type]
            )
            price = _looked_up(Found(model), at, context_of(usage)).price
            if price is None:
                continue
            try:
                cost = cost_of(usage, price)
            except UnknownRateError:
                continue
            due = theirs(provider, model, usage, at, words)
            assert abs(cost.total - due) <= Decimal("0.000001"), (provider.id, model.id, at, usage, price)
            compared += 1
            contexts += bool(words)
    assert compared > 1000
    assert contexts > 40


def theirs(provider: Provider, model: ModelInfo, usage: Usage, at: datetime, words: dict[str, str]) -> Decimal:
    counts: dict[str, Any] = {
        "input_tokens": usage.prompt_tokens,
        "cache_read_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cache_write_1h_tokens": usage.long_cache_write_tokens,
        "output_tokens": usage.completion_tokens,
        "web_searches": usage.web_searches,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = model.calc_price(
            TheirUsage(**counts), provider, genai_request_timestamp=at, price_context=words or None
        )
    return found.total_price
