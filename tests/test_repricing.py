"""What the past would have cost: by what it was charged, and when it was asked for."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chat.models import Correction, DailyTotal, Price, UsageRecord
from chat.models.money import joined
from chat.repricing import apply, repriced
from chat.usage.rebuild import rebuild
from tests.usage.rows import counted, priced_model

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def price() -> Price:
    """The standard price of a model, from before everything: 1 per million of either kind."""
    model, _ = priced_model()
    one = {"input_per_million": 1, "output_per_million": 1}
    return Price.objects.create(model=model, valid_from=BEGIN - timedelta(days=30), **one)


def dearer(price: Price, amount: int, **more: object) -> Price:
    values = {"valid_from": BEGIN, "input_per_million": amount, "output_per_million": amount} | more
    return Price.objects.create(**{"model": price.model} | values)


def reprice() -> dict[int, Decimal]:
    """What each row costs now that costs something else."""
    changes = list(repriced(None, None))
    apply(changes)
    assert list(rebuild(check=True)) == []
    return {change.record.pk: change.cost.total for change in changes}


def test_a_tier_is_repriced_at_its_own_price_and_never_at_the_standard(price: Price) -> None:
    at = BEGIN + timedelta(days=1)
    plain, fast = counted(at, price), counted(at, None, model="gpt-4o", service_tier="priority")
    dearer(price, 2)
    assert reprice() == {plain.pk: Decimal("0.003")}
    dearer(price, 3, context="service_tier=priority")
    assert reprice() == {fast.pk: Decimal("0.0045")}
    assert Correction.objects.count() == 2


def test_a_bundled_tier_counts_only_beside_a_bundled_standard(price: Price) -> None:
    row = counted(BEGIN + timedelta(days=1), None, model="gpt-4o", service_tier="priority")
    dearer(price, 3, context="service_tier=priority", origin=Price.Origin.BUNDLED)
    assert reprice() == {}
    dearer(price, 1, origin=Price.Origin.BUNDLED)
    assert reprice() == {row.pk: Decimal("0.0045")}


def test_the_price_is_that_of_the_request_and_not_of_its_end(price: Price) -> None:
    later = BEGIN + timedelta(hours=1)
    rows = [counted(later, price, asked_at=asked) for asked in (BEGIN - timedelta(seconds=1), BEGIN)]
    dearer(price, 2)
    assert reprice() == {rows[1].pk: Decimal("0.003")}


def test_searches_and_a_cost_that_the_provider_told_are_repriced_too(price: Price) -> None:
    at = BEGIN + timedelta(days=1)
    told = {"cost": Decimal("0.25"), "provider_cost": Decimal("0.25")}
    row = counted(at, None, model="gpt-4o", web_searches=4, **told)
    dearer(price, 2)
    # There is no price for a search yet.
    assert reprice() == {}
    dearer(price, 2, searches_per_thousand=10)
    assert reprice() == {row.pk: Decimal("0.043")}
    correction = Correction.objects.get()
    assert (correction.search_cost, correction.cost_before) == (Decimal("0.04"), Decimal("0.25"))
    day = DailyTotal.objects.get()
    assert joined(day.cost_millionths, day.cost_rest) == Decimal("0.043")
    assert UsageRecord.objects.get().cost == Decimal("0.25")
