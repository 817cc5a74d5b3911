"""What the pages ask the database, and how it goes about it: run by `tests/test_queries.py` in a site's own shell."""

import inspect
import json
import re
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from bench.prose import FREQUENT, RARE
from chat.generation.ask import Ask
from chat.generation.start import _write
from chat.models import Conversation
from chat.search.terms import Terms
from chat.views import conversations, listing
from chat.views.access import Caller
from chat.views.listing import cursor_of

BIG = ("chat_conversation", "chat_message", "chat_generation", "chat_usagerecord", "chat_search_place")


def report(longest: str) -> str:
    """Return, as JSON for each action, how many queries it takes and which steps of their plans read a whole table."""
    alice = User.objects.get(username="alice")
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(alice)
    row = Conversation.objects.get(pk=longest)
    deep = cursor_of(Conversation.objects.listed(alice).order_by("updated_at", "pk")[60])

    def ask() -> None:
        with transaction.atomic():
            _write(alice, None, Ask(message="Why?", conversation_id=row.pk))
            transaction.set_rollback(True)

    actions: dict[str, Callable[[], object]] = {
        "list": lambda: _list(alice, {}),
        "deep": lambda: _list(alice, {"cursor": deep}),
        "pinned": lambda: _list(alice, {"pinned": "true"}),
        "rare": lambda: _list(alice, {"q": RARE}),
        "frequent": lambda: _list(alice, {"q": FREQUENT}),
        "open": lambda: browser.get(f"/c/{longest}"),
        "json": lambda: _api(conversations.conversation, alice, {"last": "40"}, conversation_id=row.pk),
        "send": ask,
    }
    return json.dumps({name: _measured(action) for name, action in actions.items()})


def _list(user: User, query: dict[str, str]) -> None:
    terms = Terms.parse(query.get("q", ""))
    assert listing.page(RequestFactory().get("/", query), Caller(user), terms).status_code == 200


def _api(view: Any, user: User, query: dict[str, str], **captured: object) -> None:
    assert inspect.unwrap(view)(RequestFactory().get("/", query), Caller(user), **captured).status_code == 200


def _measured(action: Callable[[], object]) -> dict[str, Any]:
    action()
    with CaptureQueriesContext(connection) as queries:
        action()
    asked = [
        query["sql"] for query in queries.captured_queries if query["sql"].lstrip("( \n").startswith(("SELECT", "WITH"))
    ]
    return {"queries": len(queries), "scans": [step for sql in asked for step in _scans(sql)]}


def _scans(sql: str) -> list[str]:
    """Return the steps that read all of a table that grows."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps = [line[3] for line in cursor.fetchall()]
            return [step for step in steps if re.match(rf"SCAN ({'|'.join(BIG)})\b", step)]
        # The tables of a test are so small that reading all of one is best: it shall say what else it could do.
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        steps = [line[0] for line in cursor.fetchall()]
        return [step for step in steps if re.search(rf"Seq Scan on ({'|'.join(BIG)})\b", step)]
