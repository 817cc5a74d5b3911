"""The ledger: message, state and usage row land together, once, and exactly."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from msgspec.structs import replace as replaced

from chat.errors import ChatError
from chat.events import Charge, Usage
from chat.generation.settlement import Result, settle
from chat.models import Budget, ChatModel, Conversation, DailyTotal, Generation, Message, Price, Provider, UsageRecord
from chat.usage.charge import charge_of
from chat.usage.ledger import Account
from chat.usage.rebuild import rebuild
from chat.usage.token_counts import Spent

pytestmark = pytest.mark.django_db

OPENAI = "https://api.openai.com/v1"
ANTHROPIC = "https://api.anthropic.com"
AZURE = "https://here.openai.azure.com/openai/v1"
GROQ = "https://api.groq.com/openai/v1"
MILLION = 10**6
NOVEMBER, BEFORE = datetime(2026, 11, 28, 12, tzinfo=UTC), datetime(2026, 10, 1, 12, tzinfo=UTC)

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
        valid_from=BEFORE,
        input_per_million=Decimal("2.5"),
        cached_input_per_million=Decimal("1.25"),
        output_per_million=Decimal(10),
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


def served_by(account: Account, name: str, address: str = OPENAI) -> Account:
    """The account of an answer by a model that has no price yet."""
    provider, _ = Provider.objects.get_or_create(name="vendor", base_url=address)
    model = ChatModel.objects.create(name=name, upstream_name=name, provider=provider)
    return replace(account, model_id=model.pk, model=name, provider="vendor", generation_id=uuid4())


def asked(usage: Usage, at: datetime = NOVEMBER, **more: Any) -> Result:
    return replace(RESULT, attempts=(replace(SPENT, usage=usage, asked_at=at, **more),))


def charged(account: Account, usage: Usage, at: datetime = NOVEMBER) -> Charge:
    charge = settle(replace(account, generation_id=uuid4()), asked(usage, at))
    assert charge is not None
    return charge


@pytest.mark.parametrize(
    ("name", "address", "words", "due"),
    [
        # Prompts beyond 272,000 tokens have a price of their own: 20 and 75 by the standard.
        ("gpt-6-astra", OPENAI, {}, "95"),
        ("gpt-6-astra", OPENAI, {"service_tier": "priority"}, "190"),
        ("gpt-6-astra", OPENAI, {"service_tier": "Priority"}, "190"),
        ("gpt-6-astra", OPENAI, {"service_tier": "fast"}, "190"),
        ("gpt-6-astra", OPENAI, {"service_tier": "flex"}, "47.5"),
        ("gpt-6-astra", OPENAI, {"service_tier": "default"}, "95"),
        ("gpt-6-astra", OPENAI, {"service_tier": "auto"}, "95"),
        ("gpt-6-astra", OPENAI, {"service_tier": "standard", "speed": "standard"}, "95"),
        ("gpt-6-astra", OPENAI, {"service_tier": "scale"}, None),
        ("gpt-6-astra", OPENAI, {"service_tier": "priority", "speed": "fast"}, None),
        ("gpt-6-astra", AZURE, {"service_tier": "default"}, "95"),
        # Azure resells at OpenAI's standard prices; what its tiers cost nobody says.
        ("gpt-6-astra", AZURE, {"service_tier": "priority"}, None),
        ("gpt-6-astra", "http://127.0.0.1:4000", {"service_tier": "priority"}, "190"),
        ("claude-opus-5", ANTHROPIC, {}, "30"),
        ("claude-opus-5", ANTHROPIC, {"speed": "fast"}, "60"),
        ("claude-opus-5", ANTHROPIC, {"service_tier": "standard", "inference_geo": "global"}, "30"),
        ("claude-opus-5", ANTHROPIC, {"service_tier": "standard", "inference_geo": "not_available"}, "30"),
        ("claude-opus-5", ANTHROPIC, {"inference_geo": "us"}, None),
        ("claude-opus-5", ANTHROPIC, {"service_tier": "priority"}, None),
        ("llama-3.3-70b-versatile", GROQ, {"service_tier": "on_demand"}, "1.38"),
    ],
)
def test_what_the_provider_charged_by_decides_the_price(
    account: Account,
    name: str,
    address: str,
    words: dict[str, str],
    due: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    account = served_by(account, name, address)
    charge = settle(account, asked(Usage(prompt_tokens=MILLION, completion_tokens=MILLION, **words)))  # type: ignore[arg-type]
    assert charge is not None
    assert charge.cost == (None if due is None else Decimal(due))
    assert charge.service_tier == words.get("service_tier")
    record = record_of(account)
    assert (record.service_tier, record.speed, record.inference_geo) == tuple(
        words.get(word, "") for word in ("service_tier", "speed", "inference_geo")
    )
    # Loudly.
    assert ("has no price" in caplog.text) == (due is None)


def test_a_tier_has_no_price_before_the_data_has_one(account: Account) -> None:
    usage = Usage(prompt_tokens=MILLION, completion_tokens=MILLION, service_tier="priority")
    assert charged(served_by(account, "gpt-6-astra"), usage, BEFORE).cost is None


def test_an_admins_standard_price_says_nothing_of_tiers_and_a_price_for_the_tier_does(account: Account) -> None:
    account = served_by(account, "gpt-6-astra")
    priority = Usage(prompt_tokens=MILLION, completion_tokens=MILLION, service_tier="priority")
    assert charged(account, priority).cost == 190
    amounts = {"input_per_million": Decimal(1), "output_per_million": Decimal(2)}
    rows = ChatModel.objects.get(name="gpt-6-astra").prices
    rows.create(**amounts, valid_from=NOVEMBER)
    assert charged(account, replaced(priority, service_tier=None)).cost == 3
    assert charged(account, priority).cost is None
    rows.create(**amounts, valid_from=NOVEMBER, context="service_tier=priority", currency="EUR")
    found = charged(account, priority)
    assert (found.cost, found.currency) == (Decimal(3), "EUR")


def test_web_searches_are_a_part_of_the_cost(account: Account) -> None:
    account = served_by(account, "claude-opus-5", ANTHROPIC)
    charge = settle(account, asked(Usage(prompt_tokens=1000, completion_tokens=100, web_searches=3)))
    record = record_of(account)
    assert (record.input_cost, record.output_cost, record.search_cost) == tuple(
        map(Decimal, ("0.005", "0.0025", "0.03"))
    )
    assert record.web_searches == 3
    assert charge is not None
    assert charge.cost == record.cost == Decimal("0.0375")


def test_web_searches_without_a_price_make_the_cost_unknown(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    assert charged(account, Usage(prompt_tokens=1000, completion_tokens=100, web_searches=1)).cost is None
    assert "The price of web searches" in caplog.text
    row = UsageRecord.objects.get()
    assert row.price is not None
    assert (row.input_cost, row.output_cost, row.search_cost) == (None, None, None)
    assert charged(account, Usage(prompt_tokens=1000, completion_tokens=100, web_searches=0)).cost == Decimal("0.0035")


def test_what_the_provider_says_it_costs_is_kept_beside_our_own(account: Account) -> None:
    told = Decimal("0.00123456789012345")
    charge = settle(account, asked(Usage(prompt_tokens=1000, completion_tokens=100, cost=told)))
    record = record_of(account)
    assert (record.cost, record.provider_cost) == (Decimal("0.0035"), Decimal("0.001234567890"))
    assert charge is not None
    assert (charge.cost, charge.provider_cost) == (record.cost, record.provider_cost)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(prompt_tokens=1000, completion_tokens=100, cost=Decimal("0.25"), service_tier="scale"),
        Usage(prompt_tokens=1000, completion_tokens=100, cost=Decimal("0.25"), web_searches=2),
    ],
    ids=["tier", "searches"],
)
def test_where_no_price_is_known_the_providers_counts_and_so_it_does_in_budgets_and_sums(
    account: Account, usage: Usage
) -> None:
    budget = Budget.objects.create(scope="site", unit="USD", amount=1)
    account = replace(account, generation_id=uuid4())
    charge = settle(account, asked(usage))
    record = record_of(account)
    assert (record.cost, record.price, record.input_cost) == (Decimal("0.25"), None, None)
    assert charge is not None
    assert (charge.cost, charge.currency, charge.cache_saving) == (Decimal("0.25"), "USD", None)
    budget.refresh_from_db()
    assert budget.amount_of(budget.used) == Decimal("0.25")
    day = DailyTotal.objects.get()
    assert (day.unpriced, day.uncosted, day.cost_millionths) == (0, 0, 250_000)
    assert list(rebuild(check=True)) == []


@pytest.mark.parametrize("told", ["NaN", "Infinity", "-1", "1e12"])
def test_a_price_that_is_none_is_not_kept(account: Account, told: str) -> None:
    charge = settle(account, asked(Usage(prompt_tokens=1000, completion_tokens=100, cost=Decimal(told))))
    assert charge is not None
    assert (charge.cost, charge.provider_cost) == (Decimal("0.0035"), None)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"cost": Decimal(1)}, "usage_cost_is_the_sum"),
        ({"input_cost": None}, "usage_cost_is_the_sum"),
        ({"search_cost": Decimal(1)}, "usage_cost_is_the_sum"),
        ({"price": None}, "usage_cost_has_price"),
        ({"provider_cost": Decimal(-1)}, "usage_provider_cost_not_negative"),
    ],
)
def test_the_database_holds_that_a_cost_is_the_sum_of_its_parts(
    account: Account, wrong: dict[str, Any], named: str
) -> None:
    settle(account, RESULT)
    row = record_of(account)
    row.pk, row._state.adding, row.generation_id = None, True, uuid4()
    for name, value in wrong.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError, match=named), transaction.atomic():
        row.save()


def test_what_the_cache_saved_is_told_and_may_be_less_than_nothing(account: Account) -> None:
    account = served_by(account, "claude-opus-5", ANTHROPIC)
    first = charged(account, Usage(2000, 0, 0, cache_write_tokens=1500, cache_write_lifetimes={"5m": 1000, "1h": 500}))
    assert first.cache_saving == Decimal("-0.00125") + Decimal("-0.0025")
    assert first.cost == (500 * 5 + 1000 * Decimal("6.25") + 500 * 10) / MILLION
    second = charged(account, Usage(2000, 1500, 0))
    assert second.cache_saving == Decimal("0.00675")
    row = UsageRecord.objects.get(cached_tokens=0)
    assert (row.cache_write_lifetimes, row.cache_saving) == ({"5m": 1000, "1h": 500}, first.cache_saving)


def test_a_charge_sums_up_what_all_its_attempts_wrote_saved_and_were_told(account: Account) -> None:
    one = replace(
        SPENT, usage=Usage(1000, 400, 10, 0, 100, service_tier="default", cost=Decimal("0.5")), asked_at=NOVEMBER
    )
    charge = settle(account, replace(RESULT, attempts=(one, one)))
    assert charge is not None
    assert (charge.cache_write_tokens, charge.service_tier, charge.provider_cost) == (200, "default", Decimal(1))
    assert charge.cache_saving == Decimal("0.001")
    untold = replace(one, usage=Usage(1000, 400, 10, 0, service_tier="flex"))
    mixed = settle(replace(account, generation_id=uuid4()), replace(RESULT, attempts=(one, untold)))
    assert mixed is not None
    assert (mixed.cache_write_tokens, mixed.service_tier, mixed.provider_cost) == (None, None, None)


def test_thoughts_beyond_the_completion_were_counted_beside_it(account: Account) -> None:
    charge = charged(account, Usage(prompt_tokens=32, completion_tokens=9, reasoning_tokens=94))
    assert (charge.completion_tokens, charge.reasoning_tokens, charge.source) == (103, 94, "provider")


def test_words_that_no_database_takes_are_mended_or_cut(account: Account) -> None:
    usage = Usage(1, 0, 1, service_tier="x\0" * 50, cache_write_lifetimes={"5m": -1})
    settle(account, asked(usage, finish_reason="other", finish_detail="why " * 50))
    record = record_of(account)
    assert (len(record.service_tier), len(record.finish_detail)) == (50, 100)
    assert (record.finish_reason, record.cache_write_lifetimes, record.asked_at) == ("other", None, NOVEMBER)


def test_each_attempt_has_the_price_of_the_moment_at_which_it_was_made(account: Account) -> None:
    account = served_by(account, "deepseek-v4-flash", "https://api.deepseek.com")
    million = replace(SPENT, usage=Usage(prompt_tokens=MILLION, completion_tokens=MILLION))
    moments = [datetime(2026, 11, 27, *time, tzinfo=UTC) for time in ((0, 59), (1, 0), (4, 0), (3, 59), (6, 0))]
    charge = settle(account, replace(RESULT, attempts=tuple(replace(million, asked_at=at) for at in moments)))
    costs = UsageRecord.objects.order_by("attempt").values_list("cost", flat=True)
    assert list(costs) == [Decimal(cost) for cost in ("0.75", "1.5", "0.75", "1.5", "1.5")]
    assert charge is not None
    assert charge.cost == 6


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


def test_a_cost_that_is_too_large_to_keep_is_unknown_and_the_counts_are_kept(account: Account) -> None:
    Price.objects.create(
        model=ChatModel.objects.get(),
        input_per_million=10**8 - 1,
        output_per_million=1,
        searches_per_thousand=10**8 - 1,
    )
    usage = Usage(prompt_tokens=10**6, completion_tokens=1, web_searches=10**6)
    charge = settle(account, with_usage(usage))
    assert charge is not None
    assert (charge.prompt_tokens, charge.cost) == (10**6, None)
    assert UsageRecord.objects.get().web_searches == 10**6
