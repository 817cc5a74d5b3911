"""A bill beside the ledger, line by line."""

from datetime import date
from decimal import Decimal

from chat.providers.bill import Item
from chat.reconciliation import Account, Line, compared
from chat.usage.reports import Figures

DAY, NEXT = date(2026, 11, 1), date(2026, 11, 2)


def test_editions_of_a_model_are_one_line_and_what_one_side_lacks_is_a_line_of_its_own() -> None:
    items = [
        Item(DAY, "gpt-4o-2024-08-06, input", "gpt-4o-2024-08-06", Decimal("1.1"), "USD"),
        Item(DAY, "gpt-4o-2024-11-20, output", "gpt-4o-2024-11-20", Decimal("2.2"), "USD"),
        Item(DAY, "ft-gpt-4o-2024-08-06, input", "ft-gpt-4o-2024-08-06", Decimal("0.4"), "USD"),
        Item(DAY, "gpt-3.5-turbo-0125, input", "gpt-3.5-turbo-0125", Decimal("0.3"), "USD"),
        Item(DAY, "gpt-4o-mini-2024-07-18, input", "gpt-4o-mini-2024-07-18", Decimal("0.2"), "USD"),
        Item(DAY, "web search tool calls", "", Decimal("0.1"), "USD"),
        Item(NEXT, "gpt-4o-2024-08-06, input", "gpt-4o-2024-08-06", Decimal(9), "USD"),
    ]
    ours = {
        (DAY, "gpt-4o"): Decimal(3),
        (DAY, "gpt-4o-2024-08-06"): Decimal("0.25"),
        (DAY, "ft:gpt-4o-2024-08-06:acme::id"): Decimal("0.4"),
        (DAY, "gpt-3.5-turbo"): Decimal("0.3"),
        (DAY, "o3-mini"): Decimal(5),
    }
    lines = compared(items, {key: Figures(requests=1, costs={"USD": amount}) for key, amount in ours.items()})
    assert [(line.day, line.name, line.theirs, line.ours, line.difference) for line in lines] == [
        (DAY, "o3-mini", None, Decimal(5), Decimal(-5)),
        (DAY, "gpt-4o", Decimal("3.3"), Decimal("3.25"), Decimal("0.05")),
        (DAY, "ft-gpt-4o", Decimal("0.4"), Decimal("0.4"), Decimal(0)),
        (DAY, "gpt-3.5-turbo", Decimal("0.3"), Decimal("0.3"), Decimal(0)),
        (DAY, "gpt-4o-mini", Decimal("0.2"), None, Decimal("0.2")),
        (DAY, "web search tool calls", Decimal("0.1"), None, Decimal("0.1")),
        (NEXT, "gpt-4o", Decimal(9), None, Decimal(9)),
    ]
    assert lines[1].names == ("gpt-4o-2024-08-06", "gpt-4o-2024-11-20")
    account = Account(("openai",), lines=tuple(lines))
    total = account.totals["USD"]
    assert (total.theirs, total.ours, total.difference) == (Decimal("13.3"), Decimal("8.95"), Decimal("4.35"))
    assert sum(item.amount for item in items) == total.theirs


def test_their_amounts_are_rounded_to_the_places_of_ours_once_they_are_added_up() -> None:
    amounts = ["0.1", "0.2000000000000000111", "0.0000000000004", "0.0000000000004"]
    (line,) = compared([Item(DAY, "gpt-4o, input", "gpt-4o", Decimal(each), "USD") for each in amounts], {})
    assert line.theirs == Decimal("0.300000000001")


def test_currencies_are_never_added_up_and_an_unknown_cost_is_not_nothing() -> None:
    items = [Item(DAY, "a, input", "a", Decimal(1), "USD")]
    booked = {(DAY, "a"): Figures(requests=1, costs={"EUR": Decimal(2)}), (DAY, "b"): Figures(requests=1, unpriced=1)}
    assert compared(items, booked) == [
        Line(DAY, "a", (), "EUR", None, Decimal(2)),
        Line(DAY, "a", (), "USD", Decimal(1), None),
        Line(DAY, "b", (), "USD", None, None),
    ]
