"""What is appended is never changed: Django refuses, and the database refuses whoever does not ask Django."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from chat.models import Correction, Price, PriceTier, UsageRecord
from tests.harness.site import Site
from tests.usage.rows import priced_model, record

TABLES: list[type[models.Model]] = [UsageRecord, Correction, Price, PriceTier]
of_each = pytest.mark.parametrize("table", TABLES, ids=lambda table: table._meta.model_name)


@pytest.fixture
def rows(db: None) -> None:
    """One row of each."""
    _, price = priced_model()
    price.tiers.create(above_tokens=1, input_per_million=1, output_per_million=1)
    row = record(timezone.now(), price)
    costs = {"cost_before": row.cost, "input_cost": 0, "output_cost": 0, "cost": 0}
    Correction.objects.create(record=row, price=price, currency_before="USD", currency="USD", **costs)


@of_each
@pytest.mark.usefixtures("rows")
def test_django_refuses(table: type[models.Model]) -> None:
    row: Any = table._default_manager.get()
    everything: Any = table._default_manager.all()
    refused: tuple[Callable[[], object], ...] = (
        *(row.save, row.delete, everything.delete),
        *(lambda: everything.update(id=9), lambda: everything.bulk_update([row], ["id"])),
    )
    for deed in refused:
        with pytest.raises(TypeError, match="rows are added and read"):
            deed()


@of_each
@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("deed", ["UPDATE {} SET id = 9", "DELETE FROM {}"])
def test_the_database_refuses(table: type[models.Model], deed: str) -> None:
    name = table._meta.db_table
    with (
        pytest.raises(IntegrityError, match=f"{name} is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(deed.format(name))
    assert table._default_manager.count() == 1


def test_postgresql_refuses_too_and_keeps_the_same_sums(postgres_url: str, tmp_path: Path) -> None:
    site = Site(tmp_path, {"DATABASE_URL": postgres_url, "SECRET_KEY": "only-for-this-test-" + "x" * 40}, people=False)
    site.manage("migrate", "-v0")
    site.shell(
        "from tests.usage import test_totals as t",
        "t.mixed(60)",
        "t.dearer(Price.objects.get(model__name='m0'))",
        "t.apply(list(t.repriced(None, None)))",
    )
    assert "equal the ledger" in site.manage("rebuildtotals", "--check")
    site.shell("DailyTotal.objects.update(requests=7)")
    assert "were made anew" in site.manage("rebuildtotals")
    with psycopg.connect(postgres_url) as direct:
        for table in ("chat_usagerecord", "chat_correction", "chat_price"):
            for deed in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
                with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"), direct.transaction():
                    direct.execute(deed.format(table))
