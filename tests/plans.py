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
from django.utils import timezone

from bench.prose import FREQUENT, RARE
from chat.generation import control, journal, stream
from chat.generation.recovery import purge, recover
from chat.generation.request import ChatRequest
from chat.generation.settlement import Result, settle
from chat.generation.spec import GenerationSpec
from chat.generation.start import _write
from chat.live_list import feed
from chat.models import ChatModel, Conversation, Message
from chat.query_cancel import Interruption
from chat.search.query import Terms
from chat.usage.token_counts import Spent
from chat.views import conversations, listing
from chat.views.access import Caller
from chat.views.listing import cursor_of

BIG = (
    *("chat_conversation", "chat_message", "chat_generation", "chat_journalentry"),
    *("chat_usagerecord", "chat_search_place"),
    # As a plan calls them where a query has other names for them: ours, and Django's.
    *("older", "said", r"[TU]\d+"),
)


# They hold what is under way, and not all that ever was.
PARTIAL = ("generation_unfinished", "generation_of_owner_unfinished")
READING = ("SELECT", "WITH", "UPDATE", "DELETE")


def report(longest: str) -> str:
    """Return, as JSON for each action, how many queries it takes and which steps of their plans read a whole table."""
    alice = User.objects.get(username="alice")
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(alice)
    row = Conversation.objects.get(pk=longest)
    deep = cursor_of(Conversation.objects.listed(alice).order_by("updated_at", "pk")[60])

    def undone(action: Callable[[], object]) -> Callable[[], None]:
        def act() -> None:
            with transaction.atomic():
                action()
                transaction.set_rollback(True)

        return act

    def ask() -> GenerationSpec:
        plan = _write(alice, None, ChatRequest(message="Why?", conversation_id=row.pk))
        assert isinstance(plan, GenerationSpec)
        return plan

    def forget() -> None:
        ChatModel.objects.update(context_window=60)
        assert ask().is_trimmed

    def answer() -> None:
        account = ask().account
        name = account.generation_id
        journal.write([name], {name: journal.Batch(0, [{"type": "token", "content": "Because."}])})
        control.without_access({name: account})
        follower = stream._find(alice, name)
        stream._read_on(follower, is_present=True)
        spent = Spent(("Why?",), "Because.", None, "stop", None, 0.1, 0.2)
        settle(account, Result("Because.", "", [], [], Message.Status.COMPLETE, "stop", None, (spent,), 0.1, 0.2))
        stream._read_on(follower, is_present=True)

    def look_around() -> None:
        feed.changed([alice.pk], timezone.now())
        recover()
        purge()

    actions: dict[str, Callable[[], object]] = {
        "list": lambda: _list(alice, {}),
        "deep": lambda: _list(alice, {"cursor": deep}),
        "pinned": lambda: _list(alice, {"pinned": "true"}),
        "rare": lambda: _list(alice, {"q": RARE}),
        "frequent": lambda: _list(alice, {"q": FREQUENT}),
        "open": lambda: browser.get(f"/c/{longest}"),
        "json": lambda: _api(conversations.conversation, alice, {"last": "40"}, conversation_id=row.pk),
        "send": undone(ask),
        "send what a small model takes": undone(forget),
        "answer": undone(answer),
        "look around": look_around,
    }
    return json.dumps({name: _measured(action) for name, action in actions.items()})


def _list(user: User, query: dict[str, str]) -> None:
    request, caller, terms = RequestFactory().get("/", query), Caller(user), Terms.parse(query.get("q", ""))
    answer = listing.found(request, caller, terms, Interruption()) if terms else listing.page(request, caller)
    assert answer.status_code == 200


def _api(view: Any, user: User, query: dict[str, str], **captured: object) -> None:
    assert inspect.unwrap(view)(RequestFactory().get("/", query), Caller(user), **captured).status_code == 200


def _measured(action: Callable[[], object]) -> dict[str, Any]:
    action()
    with CaptureQueriesContext(connection) as queries:
        action()
    asked = [query["sql"] for query in queries.captured_queries if query["sql"].lstrip("( \n").startswith(READING)]
    return {"queries": len(queries), "scans": [step for sql in asked for step in _scans(sql)]}


def _scans(sql: str) -> list[str]:
    """Return the steps that read all of a table that grows."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps = [line[3] for line in cursor.fetchall()]
            return [
                step for step in steps if re.match(rf"SCAN ({'|'.join(BIG)})\b", step) and not step.endswith(PARTIAL)
            ]
        # The tables of a test are so small that reading all of one is best: it shall say what else it could do.
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        steps = [line[0] for line in cursor.fetchall()]
        return [step for step in steps if re.search(rf"Seq Scan on ({'|'.join(BIG)})\b", step)]
