"""The CSV of the ledger: every row once, nothing that a spreadsheet runs, and the sums of every other report."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from uuid import uuid4

import pytest
from django.db.models import Sum

from chat.models import Correction, DailyTotal
from chat.models.money import joined
from chat.usage import csv_export, pagination, reports, totals
from chat.usage.period import Period
from chat.usage.selection import Selection
from tests.usage.rows import counted, noon, priced_model

pytestmark = pytest.mark.django_db
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
ASKED = [
    "created_at",
    "user",
    "provider",
    "model",
    "key",
    "source",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cost",
    "currency",
    "finish_reason",
    "conversation_id",
    "generation_id",
    "attempt",
]


def rows(chosen: Selection = reports.EVERYTHING) -> list[dict[str, str]]:
    """The sheet of March, as a program reads it."""
    text = b"".join(csv_export.lines(MARCH, chosen)).decode()
    return list(csv.DictReader(StringIO(text)))


def test_the_columns_that_programs_rely_on_come_first() -> None:
    head = next(csv_export.lines(MARCH, reports.EVERYTHING)).decode().strip().split(",")
    assert head[: len(ASKED)] == ASKED
    assert len(head) == len(set(head))


def test_every_row_has_what_the_ledger_has() -> None:
    _, price = priced_model()
    row = counted(noon(2026, 3, 5), price, group="research", api_key_id=7, api_key_name="laptop")
    (found,) = rows()
    assert found["created_at"] == "2026-03-05T12:00:00+00:00"
    assert (found["user"], found["group"], found["key"]) == ("alice", "research", "laptop")
    assert (found["prompt_tokens"], found["completion_tokens"], found["cost"]) == ("1000", "500", "0.001500000000")
    assert (found["conversation_id"], found["generation_id"]) == (str(row.conversation_id), str(row.generation_id))


def test_what_is_unknown_is_an_empty_field_and_not_zero() -> None:
    counted(noon(2026, 3, 5), None, prompt_tokens=None, completion_tokens=None)
    (found,) = rows()
    assert {found[name] for name in ("prompt_tokens", "cached_tokens", "cost", "price_id", "ttft_seconds")} == {""}


def test_a_row_tells_what_it_was_charged_by_and_what_that_made_of_it() -> None:
    _, price = priced_model()
    asked = noon(2026, 3, 5) - timedelta(seconds=9)
    counted(
        noon(2026, 3, 5),
        price,
        asked_at=asked,
        service_tier="priority",
        finish_reason="other",
        finish_detail="=tired",
        web_searches=2,
        search_cost=Decimal("0.02"),
        cost=Decimal("0.0215"),
        cache_write_lifetimes={"5m": 7},
        cache_saving=Decimal("-0.5"),
        provider_cost=Decimal("0.25"),
    )
    counted(noon(2026, 3, 6), None, cost=Decimal("0.25"), provider_cost=Decimal("0.25"))
    first, second = rows()
    assert (first["asked_at"], second["asked_at"]) == ("2026-03-05T11:59:51+00:00", "")
    assert (first["service_tier"], first["speed"], first["finish_detail"]) == ("priority", "", "'=tired")
    assert (first["web_searches"], first["cache_write_lifetimes"]) == ("2", '{"5m": 7}')
    amounts = [first[name] for name in ("search_cost", "cost", "cache_saving", "provider_cost")]
    assert amounts == ["0.020000000000", "0.021500000000", "-0.500000000000", "0.250000000000"]
    assert (second["cost"], second["price_id"], second["provider_cost"]) == ("0.250000000000", "", "0.250000000000")


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠A1", "\n=1", " =1", "\nx"]
)
def test_no_name_is_taken_for_a_formula(name: str) -> None:
    counted(noon(2026, 3, 5), None, username=name, model=name, provider=name, group=name, api_key_name=name)
    (found,) = rows()
    assert {found[column] for column in ("user", "model", "provider", "group", "key")} == {f"'{name}"}


def test_commas_quotes_and_lines_stay_in_their_field() -> None:
    counted(noon(2026, 3, 5), None, username='a,"b"\nc')
    assert [row["user"] for row in rows()] == ['a,"b"\nc']


@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 100])
def test_every_row_is_there_once_however_many_are_read_at_once(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "ROWS_AT_ONCE", at_once)
    # Several at the same moment, and not in the order of their ids.
    for number in range(20):
        counted(noon(2026, 3, 5) - timedelta(seconds=number // 4), None, user_id=number)
    found = rows()
    assert sorted(int(row["user_id"]) for row in found) == list(range(20))
    assert all(one["created_at"] <= other["created_at"] for one, other in pairwise(found))


def test_rows_of_other_days_are_left_out_on_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "ROWS_AT_ONCE", 2)
    for moment in (MARCH.start, MARCH.end):
        for number in range(4):
            counted(moment - timedelta(seconds=2 - number), None, user_id=number)
    assert [row["user_id"] for row in rows()] == ["2", "3", "0", "1"]


def test_filters_choose_rows_as_they_do_on_the_usage_page() -> None:
    for number in range(12):
        counted(
            noon(2026, 3, 5),
            None,
            user_id=number % 2,
            group=f"g-{number % 3}" if number % 3 else "",
            model=f"m-{number % 4}",
            provider=f"p-{number % 4 // 2}",
            api_key_id=9 if number < 3 else None,
            source="estimated" if number > 9 else "provider",
        )
    for chosen in (
        Selection(user=1),
        Selection(group="g-1"),
        Selection(group=""),
        Selection(provider="p-1"),
        Selection(model="m-3", user=1),
        Selection(key=9),
        Selection(key=0),
        Selection(source="estimated"),
    ):
        expected = reports.total(MARCH, chosen).requests
        assert 0 < expected < 12
        assert len(rows(chosen)) == expected
        assert sum(one.requests for one in reports.by_user(MARCH, chosen).values()) == expected
        assert Selection.of(chosen.query) == chosen


def test_the_sheet_the_reports_and_the_daily_totals_agree_to_the_last_digit() -> None:
    _, price = priced_model()
    talk = uuid4()
    written = [
        counted(
            noon(2026, 3, 1 + number % 28),
            price,
            prompt_tokens=number * 7919 % 104_729,
            completion_tokens=number,
            user_id=number % 3,
            conversation_id=talk,
        )
        for number in range(60)
    ]
    written.append(counted(noon(2026, 3, 7), None, user_id=1, conversation_id=talk))
    dearer = Decimal("0.000000000007")
    changes = [
        Correction.objects.create(
            record=row,
            price=price,
            cost_before=row.cost,
            currency_before=row.currency,
            input_cost=dearer,
            output_cost=number * dearer,
            cost=dearer + number * dearer,
            currency="USD",
        )
        for number, row in enumerate(written[::7])
    ]
    totals.correct(changes)
    from_sheet = sum(Decimal(row["cost"]) for row in rows() if row["cost"])
    stored = DailyTotal.objects.aggregate(one=Sum("cost_millionths"), rest=Sum("cost_rest"))
    found = reports.total(MARCH)
    assert {from_sheet} == set(found.costs.values()) == {joined(stored["one"], stored["rest"])}
    for split in (reports.by_day(MARCH), reports.by_user(MARCH), reports.by_model(MARCH)):
        assert sum((one.costs.get("USD", Decimal(0)) for one in split.values()), Decimal(0)) == from_sheet
    mine = [reports.by_conversation(MARCH, Selection(user=user))[talk] for user in range(3)]
    assert sum(one.costs["USD"] for one in mine) == from_sheet
    assert sum(one.unpriced for one in mine) == found.unpriced
    assert sum(int(row["prompt_tokens"]) for row in rows()) == found.prompt_tokens
