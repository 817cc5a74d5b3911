"""Fills the ledger: run inside the site's own environment by `bench/usage.py` and by tests."""

from typing import Final

from django.contrib.auth.models import Group, User
from django.db import connection

from chat import database
from chat.models import ChatModel, DailyTotal, Price, Provider
from chat.models.daily import KEYS, TTFT_ENDS, TTFT_FIELDS, UNKNOWN
from chat.models.money import PARTS
from chat.usage.totals import COUNTS, SUMS

USERS: Final = 500
MODELS: Final = 30
GROUPS: Final = 5
# Spread evenly, so that nearly every user asks nearly every model on some day: the most combinations there can be.
ROWS = """
INSERT INTO chat_usagerecord (
    created_at, kind, user_id, username, "group", api_key_id, api_key_name, conversation_id, message_id,
    generation_id, attempt, provider, model, prompt_tokens, cached_tokens, completion_tokens, input_cost, output_cost,
    cost, currency, price_id, source, finish_reason, error_type, ttft_seconds, elapsed_seconds)
WITH RECURSIVE n(i) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < %(last)s),
    who AS (SELECT i, i * 7919 %% {users} AS u, i / 7 * 31 %% {models} AS m FROM n)
SELECT {moment}, CASE WHEN i / 500 %% 10 = 0 THEN 'title' ELSE 'answer' END, %(user)s + u, 'user-' || u,
    'group-' || (u %% {groups}),
    CASE WHEN i %% 7 = 0 THEN 1 + u END, CASE WHEN i %% 7 = 0 THEN 'key' ELSE '' END, {name}, {name}, {name}, 1,
    'bench-' || (m %% 3), 'model-' || m, 1000 + i %% 977, i %% 1000, 300 + i %% 499, (1000 + i %% 977) * 2500000,
    (300 + i %% 499) * 10000000, (1000 + i %% 977) * 2500000 + (300 + i %% 499) * 10000000, 'USD', %(price)s + m,
    CASE WHEN i / 70 %% 20 = 0 THEN 'estimated' ELSE 'provider' END, CASE WHEN i / 30 %% 50 = 0 THEN '' ELSE 'stop' END,
    CASE WHEN i / 30 %% 50 = 0 THEN 'timeout' ELSE '' END, 0.2 + i %% 100 / 50.0, 2.0 + i %% 10
FROM who
"""
DIALECTS: Final = {
    "sqlite": {
        "moment": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '-' || (i * %(step)s) || ' seconds')",
        "name": "lower(hex(randomblob(16)))",
        "day": "date(created_at)",
    },
    "postgresql": {
        "moment": "now() - i * %(step)s * interval '1 second'",
        "name": "gen_random_uuid()",
        "day": "(created_at AT TIME ZONE 'UTC')::date",
    },
}


def fill(rows: int, days: int) -> None:
    """Add rows of 500 users and 30 models, spread over the last days, and make the daily totals."""
    groups = [Group.objects.create(name=f"group-{number}") for number in range(GROUPS)]
    users = User.objects.bulk_create([User(username=f"user-{number}") for number in range(USERS)])
    for number, user in enumerate(users):
        user.groups.add(groups[number % GROUPS])
    providers = [Provider.objects.create(name=f"bench-{number}") for number in range(3)]
    prices = []
    for number in range(MODELS):
        name = f"model-{number}"
        model = ChatModel.objects.create(name=name, upstream_name=name, provider=providers[number % 3])
        prices.append(Price.objects.create(model=model, input_per_million="2.5", output_per_million=10, currency="USD"))
    numbers = {"users": str(USERS), "models": str(MODELS), "groups": str(GROUPS)}
    given = {"last": rows - 1, "step": days * 86_400 / rows, "user": users[0].pk, "price": prices[0].pk}
    with database.writing(), connection.cursor() as cursor:
        cursor.execute(ROWS.format(**numbers, **DIALECTS[connection.vendor]), given)
        add_up()
        cursor.execute("ANALYZE")


def add_up() -> None:
    """Make the daily totals of a ledger without corrections.

    In a tenth of the time that `rebuild` takes, which makes rows of Python of them; a test compares the two.
    """
    quoted = connection.ops.quote_name
    sums = {name: f"sum({name})" for name in SUMS[:5]}
    sums |= {
        "cost_millionths": f"sum(cost / {PARTS})",
        "cost_rest": f"sum(cost % {PARTS})",
        "requests": "count(*)",
        "errors": "count(CASE WHEN error_type <> '' THEN 1 END)",
        "unpriced": "count(CASE WHEN price_id IS NULL THEN 1 END)",
        "uncosted": "count(CASE WHEN price_id IS NOT NULL AND cost IS NULL THEN 1 END)",
        "elapsed_ms": "sum(CAST(floor(elapsed_seconds * 1000.0) AS bigint))",
    }
    for name, begin, end in zip(TTFT_FIELDS, (0.0, *TTFT_ENDS), (*TTFT_ENDS, 1e9), strict=True):
        sums[name] = f"count(CASE WHEN ttft_seconds >= {begin} AND ttft_seconds < {end} THEN 1 END)"
    own = {"day": DIALECTS[connection.vendor]["day"], "api_key_id": "coalesce(api_key_id, 0)"}
    columns = (*KEYS, *SUMS, *COUNTS)
    for grain, unknown in UNKNOWN.items():
        keys = {name: own.get(name, quoted(name)) for name in KEYS[1:]}
        keys |= {name: str(value) or "''" for name, value in unknown.items()}
        values = ", ".join([f"'{grain}'", *keys.values(), *(sums[name] for name in (*SUMS, *COUNTS))])
        groups = ", ".join(keys[name] for name in keys if name not in unknown)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {DailyTotal._meta.db_table} ({', '.join(map(quoted, columns))}) "  # noqa: S608
                f"SELECT {values} FROM chat_usagerecord GROUP BY {groups} ORDER BY {keys['day']} DESC"
            )
