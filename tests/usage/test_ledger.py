"""The ledger: message, state and usage row land together, once, and exactly."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from chat.errors import ChatError
from chat.generation.settlement import settle
from chat.models import Conversation, Generation, UsageRecord
from chat.usage.charge import charge_of
from chat.usage.ledger import Account
from tests.usage.account import RESULT, SPENT, failed, message_of, record_of, with_usage

pytestmark = pytest.mark.django_db


def test_everything_lands_together(account: Account) -> None:
    charge = settle(account, RESULT)
    message, record = message_of(account), record_of(account)
    assert (message.content, message.reasoning, message.status) == ("The answer.", "Hm.", "complete")
    assert message.generation.finished_at is not None
    assert (record.prompt_tokens, record.cached_tokens, record.completion_tokens) == (1000, 400, 50)
    assert (record.username, record.provider, record.model) == ("alice", "openai", "gpt-4o")
    assert charge is not None
    assert charge.total_tokens == 1050
    assert charge.source == "provider"


def test_the_cost_is_exact(account: Account) -> None:
    settle(account, RESULT)
    record = record_of(account)
    assert record.input_cost == Decimal("0.002")
    assert record.output_cost == Decimal("0.0005")
    assert record.cost == Decimal("0.0025")
    assert record.price is not None


def test_settling_twice_changes_nothing(account: Account) -> None:
    first = settle(account, RESULT)
    again = settle(account, with_usage(None, content="Another answer."))
    assert again == first
    assert message_of(account).content == "The answer."
    assert UsageRecord.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_when_the_usage_row_cannot_be_written_the_message_is_not_either(account: Account) -> None:
    settle(account, RESULT)
    Generation.objects.update(finished_at=None)
    with pytest.raises(IntegrityError):
        settle(account, replace(RESULT, content="Half a transaction."))
    assert message_of(account).content == "The answer."


def test_a_deleted_conversation_takes_no_usage_along(account: Account) -> None:
    Conversation.objects.all().delete()
    settle(account, RESULT)
    User.objects.all().delete()
    assert record_of(account).cost == Decimal("0.0025")
    assert record_of(account).username == "alice"


@pytest.mark.parametrize("error", [ChatError("network_error", "The provider cannot be reached."), None])
def test_what_never_left_is_no_usage(account: Account, error: ChatError | None) -> None:
    stopped = replace(SPENT, said="", usage=None, finish_reason="stopped", error=None, sent=False)
    result = failed(error) if error else RESULT
    assert settle(account, replace(result, attempts=(replace(stopped, error=error),))) is None
    assert not UsageRecord.objects.exists()
    generation = message_of(account).generation
    assert generation.error_type == (error.code if error else "")


def test_text_that_no_database_takes_is_mended(account: Account) -> None:
    settle(account, replace(RESULT, content="a\0b\ud800c"))
    assert message_of(account).content == "a\ufffdb?c"


def test_the_sum_of_attempts_is_unknown_where_one_is(account: Account) -> None:
    known = UsageRecord(prompt_tokens=1, completion_tokens=2, cost=Decimal(1), source="provider", currency="USD")
    unknown = UsageRecord(prompt_tokens=3, source="estimated", currency="USD")
    both = charge_of([known, known])
    assert both is not None
    assert (both.total_tokens, both.cost, both.source) == (6, Decimal(2), "provider")
    mixed = charge_of([known, unknown])
    assert mixed is not None
    assert (mixed.prompt_tokens, mixed.completion_tokens, mixed.cost) == (4, None, None)
    assert charge_of([]) is None


def test_the_ledger_is_append_only(account: Account) -> None:
    settle(account, RESULT)
    record = record_of(account)
    for forbidden in (record.save, record.delete, UsageRecord.objects.all().delete):
        with pytest.raises(TypeError):
            forbidden()
    with pytest.raises(TypeError):
        UsageRecord.objects.update(cost=Decimal(0))
    assert record_of(account).cost == Decimal("0.0025")


def test_the_same_attempt_is_never_counted_twice(account: Account) -> None:
    settle(account, RESULT)
    twin = record_of(account)
    twin.pk, twin._state.adding = None, True
    with pytest.raises(IntegrityError):
        twin.save()


def test_each_attempt_has_a_row_of_its_own(account: Account) -> None:
    refused = replace(SPENT, said="", usage=None, error=ChatError("rate_limit", "Too many requests."))
    unreached = replace(SPENT, said="", usage=None, error=ChatError("network_error", "Nobody there."), sent=False)
    charge = settle(account, replace(RESULT, attempts=(refused, unreached, SPENT)))
    records = UsageRecord.objects.order_by("attempt").values_list("attempt", "error_type", "completion_tokens")
    assert list(records) == [(1, "rate_limit", None), (3, "", 50)]
    assert charge is not None
    # What was turned down before a word used nothing.
    assert (charge.completion_tokens, charge.cost, charge.source) == (50, Decimal("0.0025"), "provider")


def test_a_tool_call_that_no_database_takes_is_mended(account: Account) -> None:
    call = {"index": 0, "id": "a", "name": "b", "arguments": "\0"}
    settle(account, replace(RESULT, tool_calls=[call]))
    assert message_of(account).tool_calls == [{**call, "arguments": "\ufffd"}]
