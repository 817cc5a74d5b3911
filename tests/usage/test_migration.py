"""The ledger's tables are made anew with rows in them: nothing of those is lost, and they stay append-only."""

from pathlib import Path

import pytest

from tests.harness.site import Site

FILL = (
    "from chat.models import *",
    "from decimal import Decimal",
    "from django.utils import timezone",
    "from tests.usage.rows import priced_model, record",
    "_, price = priced_model()",
    "price.tiers.create(above_tokens=1, input_per_million=1, output_per_million=1)",
    "row = record(timezone.now(), price)",
    "record(timezone.now(), None)",
    "costs = {'cost_before': row.cost, 'input_cost': 1, 'output_cost': 1, 'cost': 2}",
    "Correction.objects.create(record=row, price=price, currency_before='USD', currency='USD', **costs)",
)
# What was kept, and of which tables a row can be changed or deleted.
LOOK = (
    "from django.db import DatabaseError, connection, transaction",
    "from chat.models import *",
    "def refused(deed):",
    "    try:",
    "        with transaction.atomic(), connection.cursor() as cursor:",
    "            cursor.execute(deed)",
    "    except DatabaseError as error:",
    "        return 'is append-only' in str(error)",
    "    return False",
    "tables = ['chat_usagerecord', 'chat_correction', 'chat_price', 'chat_pricetier']",
    "print([table for table in tables for deed in ('UPDATE {} SET id = id', 'DELETE FROM {}') "
    "if not refused(deed.format(table))])",
    "with connection.cursor() as cursor:",
    "    cursor.execute('SELECT COUNT(*), SUM(cost), COUNT(price_id) FROM chat_usagerecord')",
    "    print([int(number) for number in cursor.fetchone()])",
    "    cursor.execute('SELECT cost, currency FROM chat_correction')",
    "    print(cursor.fetchone())",
    "    cursor.execute('SELECT COUNT(*) FROM chat_pricetier t JOIN chat_price p ON p.id = t.price_id')",
    "    print(cursor.fetchone())",
)


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_rows_and_their_guards_outlive_what_makes_their_tables_anew(
    vendor: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    environment = {"SECRET_KEY": "only-for-this-test-" + "x" * 40}
    if vendor == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    site = Site(tmp_path, environment, people=False)
    site.manage("migrate", "-v0")
    site.shell(*FILL)
    due = ["[]", "[2, 1500000000, 1]", "(2000000000000, 'USD')", "(1,)"]
    for version in ("0008", ""):
        site.manage("migrate", "-v0", "chat", *([version] if version else []))
        assert site.shell(*LOOK).splitlines() == due
