"""What a request used: the provider's counts where they make sense, estimates where there are none."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from msgspec.structs import replace as replaced

from chat.errors import ChatError
from chat.events import Charge, Usage
from chat.generation.settlement import settle
from chat.models import Budget, ChatModel, Message, Provider, UsageRecord
from chat.usage.ledger import Account
from chat.usage.token_counts import Spent
from tests.usage.account import NOVEMBER, RESULT, SPENT, asked, charged, failed, record_of, with_usage

pytestmark = pytest.mark.django_db


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
    spend(replace(SPENT, usage=Usage(10, None, 500, 450), ttft_seconds=4.5, elapsed_seconds=5.0))
    # These were shown as they came.
    spend(replace(SPENT, usage=Usage(10, None, 900, 900), ttft_seconds=0.2, elapsed_seconds=0.3))
    spend(replace(SPENT, usage=Usage(10, None, 300, 0), elapsed_seconds=1.0))
    assert spend(stopped).completion_tokens == 400
    assert spend(stopped).reasoning_tokens is None
    # Also before the first word of one that was stopped after it; a short silence tells nothing.
    begun = replace(stopped, said="So it is.", ttft_seconds=3.0)
    alone = spend(replace(begun, ttft_seconds=0.9)).completion_tokens
    assert 0 < (alone or 0) < 10
    assert spend(begun).completion_tokens == 300 + (alone or 0)
    # Thoughts that are shown are counted as any other words.
    shown = replace(begun, thoughts="So it is.")
    assert 0 < (spend(shown).completion_tokens or 0) < 10
    other = settle(replace(account, generation_id=uuid4(), model="other"), replace(RESULT, attempts=(stopped,)))
    assert other is not None
    assert other.completion_tokens == 0


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


def test_counts_that_no_database_keeps_are_unknown(account: Account) -> None:
    settle(account, with_usage(Usage(prompt_tokens=10**30, completion_tokens=3)))
    record = record_of(account)
    assert (record.completion_tokens, record.source) == (3, "estimated")


def test_thoughts_beyond_the_completion_were_counted_beside_it(account: Account) -> None:
    charge = charged(account, Usage(prompt_tokens=32, completion_tokens=9, reasoning_tokens=94))
    assert (charge.completion_tokens, charge.reasoning_tokens, charge.source) == (103, 94, "provider")


def test_words_that_no_database_takes_are_mended_or_cut(account: Account) -> None:
    usage = Usage(1, 0, 1, service_tier="x\0" * 50, cache_write_lifetimes={"5m": -1})
    settle(account, asked(usage, finish_reason="other", finish_detail="why " * 50))
    record = record_of(account)
    assert (len(record.service_tier), len(record.finish_detail)) == (50, 100)
    assert (record.finish_reason, record.cache_write_lifetimes, record.asked_at) == ("other", None, NOVEMBER)


def test_an_answer_at_its_limit_that_nobody_counted_was_as_long_as_that(account: Account) -> None:
    at_limit = replace(SPENT, usage=None, finish_reason="length", reached_tokens=500)
    charge = settle(account, replace(RESULT, attempts=(at_limit,)))
    assert charge is not None
    assert (charge.completion_tokens, charge.source) == (500, "estimated")
    counted = settle(
        replace(account, generation_id=uuid4()),
        replace(RESULT, attempts=(replace(at_limit, usage=Usage(prompt_tokens=5, completion_tokens=40)),)),
    )
    assert counted is not None
    assert (counted.completion_tokens, counted.source) == (40, "provider")


@pytest.mark.parametrize("word", ["flex, b", "a=b, speed=fast, c", "flex\n, x", " , ", "=", "x" * 10_000, "a\0b, c"])
@pytest.mark.parametrize("name", ["service_tier", "speed", "inference_geo"])
def test_no_word_of_a_provider_keeps_its_request_out_of_the_ledger(account: Account, name: str, word: str) -> None:
    usage = replaced(Usage(prompt_tokens=1000, completion_tokens=50), **{name: word})
    # One whose price is looked up in genai-prices.
    model = ChatModel.objects.create(name="gpt-5", upstream_name="gpt-5", provider=Provider.objects.get())
    charge = settle(replace(account, model_id=model.pk, model=model.name), with_usage(usage))
    assert charge is not None
    assert (charge.prompt_tokens, charge.completion_tokens, charge.cost) == (1000, 50, None)


def test_what_no_request_can_have_used_is_no_count(account: Account) -> None:
    most = 2**31 - 1
    settle(account, with_usage(Usage(prompt_tokens=most, completion_tokens=most, web_searches=most)))
    record = UsageRecord.objects.get()
    assert (record.source, record.web_searches) == ("estimated", None)
    assert record.cost is not None
    assert record.cost < 1
