"""The ledger: message, state and usage row land together, once, and exactly."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from chat.errors import ChatError
from chat.events import Charge, Usage
from chat.models import Budget, ChatModel, Conversation, Generation, Message, Price, Provider, UsageRecord
from chat.usage.ledger import Account, Result, Spent, charge_of, settle

pytestmark = pytest.mark.django_db

SPENT = Spent(
    prompt=("A question of some length",),
    said="Hm.The answer.",
    usage=Usage(prompt_tokens=1000, cached_tokens=400, completion_tokens=50, reasoning_tokens=7),
    finish_reason="stop",
    error=None,
    ttft_seconds=0.5,
    elapsed_seconds=2.5,
)
RESULT = Result(
    content="The answer.",
    reasoning="Hm.",
    tool_calls=[],
    outline=[],
    status=Message.Status.COMPLETE,
    finish_reason="stop",
    error=None,
    attempts=(SPENT,),
    ttft_seconds=0.5,
    elapsed_seconds=2.5,
)


def failed(error: ChatError) -> Result:
    """A result without a word."""
    spent = replace(SPENT, said="", usage=None, finish_reason="", error=error)
    return replace(
        RESULT, content="", reasoning="", status=Message.Status.FAILED, finish_reason="", error=error, attempts=(spent,)
    )


def with_usage(usage: Usage | None, **more: Any) -> Result:
    return replace(RESULT, attempts=(replace(SPENT, usage=usage),), **more)


@pytest.fixture
def account() -> Account:
    """An answer that is being written, by a model at 2.50 / 1.25 / 10.00 USD per million tokens."""
    user = User.objects.create_user("alice")
    provider = Provider.objects.create(name="openai")
    model = ChatModel.objects.create(name="gpt-4o", upstream_name="gpt-4o", provider=provider)
    model.prices.create(
        input_per_million=Decimal("2.5"), cached_input_per_million=Decimal("1.25"), output_per_million=Decimal(10)
    )
    conversation = Conversation.objects.create(owner=user)
    question = conversation.messages.create(role="user", content="A question of some length")
    answer = conversation.messages.create(role="assistant", parent=question, status="streaming")
    generation = Generation.objects.create(owner=user, message=answer, model=model)
    return Account(
        user_id=user.pk,
        username="alice",
        api_key_id=None,
        api_key_name="",
        conversation_id=conversation.pk,
        message_id=answer.pk,
        generation_id=generation.pk,
        model_id=model.pk,
        model="gpt-4o",
        provider="openai",
    )


def message_of(account: Account) -> Message:
    return Message.objects.get(pk=account.message_id)


def record_of(account: Account) -> UsageRecord:
    return UsageRecord.objects.get(generation_id=account.generation_id)


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


@pytest.mark.parametrize("code", ["network_error", "timeout", "interrupted"])
def test_a_request_whose_line_was_lost_before_the_first_word_is_estimated(account: Account, code: str) -> None:
    charge = settle(account, failed(ChatError(code, "The line was lost.")))
    record = record_of(account)
    assert (record.prompt_tokens, record.completion_tokens, record.error_type) == (13, 0, code)
    assert charge is not None
    assert (charge.cost, charge.source) == (13 * Decimal("2.5") / 1_000_000, "estimated")


def test_what_the_provider_refused_has_unknown_usage_not_zero(account: Account) -> None:
    settle(account, failed(ChatError("rate_limit", "Too many requests.")))
    record = record_of(account)
    assert (record.prompt_tokens, record.completion_tokens, record.cost) == (None, None, None)
    assert record.error_type == "rate_limit"


def test_a_stopped_answer_is_estimated_from_what_was_asked_and_said(account: Account) -> None:
    charge = settle(account, with_usage(None, status=Message.Status.STOPPED, finish_reason="stopped"))
    assert charge is not None
    assert charge.source == "estimated"
    assert charge.prompt_tokens == 13
    assert charge.completion_tokens == 6
    assert charge.cost == (13 * Decimal("2.5") + 6 * 10) / 1_000_000


def test_a_missing_half_of_the_usage_is_estimated_and_the_other_kept(account: Account) -> None:
    charge = settle(account, with_usage(Usage(prompt_tokens=77)))
    assert charge is not None
    assert (charge.prompt_tokens, charge.completion_tokens, charge.source) == (77, 6, "estimated")


def test_hidden_thoughts_that_were_stopped_are_estimated_by_the_time_they_took(account: Account) -> None:
    stopped = replace(SPENT, usage=None, said="", finish_reason="stopped", elapsed_seconds=4.0)

    def spend(spent: Spent) -> Charge:
        charge = settle(replace(account, generation_id=uuid4()), replace(RESULT, attempts=(spent,)))
        assert charge is not None
        assert charge.source == ("provider" if spent.usage else "estimated")
        return charge

    assert spend(stopped).completion_tokens == 0
    spend(replace(SPENT, usage=Usage(10, None, 500, 450), elapsed_seconds=5.0))
    spend(replace(SPENT, usage=Usage(10, None, 300, 0), elapsed_seconds=1.0))
    assert spend(stopped).completion_tokens == 400
    assert spend(stopped).reasoning_tokens is None
    # Thoughts that are shown are counted as any other words.
    shown = replace(stopped, said="So it is.", thoughts="So it is.")
    assert 0 < (spend(shown).completion_tokens or 0) < 10
    other = settle(replace(account, generation_id=uuid4(), model="other"), replace(RESULT, attempts=(stopped,)))
    assert other is not None
    assert other.completion_tokens == 0


def test_what_was_written_to_the_cache_has_a_price_of_its_own(account: Account) -> None:
    million = {"input_per_million": Decimal("2.5"), "output_per_million": Decimal(10)}
    cache = {"cached_input_per_million": Decimal("1.25"), "cache_write_per_million": Decimal("3.75")}
    Price.objects.create(model=ChatModel.objects.get(), **million, **cache)
    charge = settle(account, with_usage(Usage(1000, 400, 0, cache_write_tokens=200)))
    assert record_of(account).cache_write_tokens == 200
    assert charge is not None
    assert charge.cost == (400 * Decimal("2.5") + 400 * Decimal("1.25") + 200 * Decimal("3.75")) / 1_000_000


@pytest.mark.parametrize(
    "usage",
    [
        Usage(prompt_tokens=5, cached_tokens=9, completion_tokens=1),
        Usage(prompt_tokens=5, cache_write_tokens=9, completion_tokens=1),
        Usage(prompt_tokens=5, long_cache_write_tokens=3, completion_tokens=1),
    ],
)
def test_where_counts_contradict_each_other_the_prompt_is_estimated_and_a_budget_counts_it(
    usage: Usage, account: Account
) -> None:
    budget = Budget.objects.create(scope="site", unit="USD", amount=1)
    charge = settle(account, with_usage(usage))
    assert charge is not None
    assert charge.prompt_tokens is not None
    assert (charge.cached_tokens, charge.completion_tokens, charge.source) == (None, 1, "estimated")
    assert charge.cost == (charge.prompt_tokens * Decimal("2.5") + 10) / 1_000_000
    budget.refresh_from_db()
    assert budget.amount_of(budget.used) == charge.cost > 0


def test_without_a_price_the_cost_is_unknown(account: Account) -> None:
    unpriced = ChatModel.objects.create(name="own", upstream_name="own", provider=Provider.objects.get())
    charge = settle(replace(account, model_id=unpriced.pk, model="own"), RESULT)
    assert charge is not None
    assert charge.cost is None
    assert record_of(account).price is None


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


def test_counts_that_no_database_keeps_are_unknown(account: Account) -> None:
    settle(account, with_usage(Usage(prompt_tokens=10**30, completion_tokens=3)))
    record = record_of(account)
    assert (record.completion_tokens, record.source) == (3, "estimated")


def test_a_tool_call_that_no_database_takes_is_mended(account: Account) -> None:
    call = {"index": 0, "id": "a", "name": "b", "arguments": "\0"}
    settle(account, replace(RESULT, tool_calls=[call]))
    assert message_of(account).tool_calls == [{**call, "arguments": "\ufffd"}]
