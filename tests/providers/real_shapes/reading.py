"""Reads a case as the product does, and puts together what its reader has at the end."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from chat.errors import ChatError
from chat.events import (
    Finished,
    Picture,
    ReasoningDelta,
    Reclassified,
    TextDelta,
    ToolCallDelta,
    Unreadable,
    Upstream,
    Usage,
)
from chat.providers.http.body import whole
from chat.providers.sse import EventDecoder
from chat.usage.bundled import bundled_price
from chat.usage.cost import UnknownRateError, cost_of
from chat.usage.price_context import context_of
from tests.providers.chunking import cut
from tests.providers.real_shapes.case import Case, Fails, Sale

# A moment at which the prices of the cases hold.
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read; the end's error with its whole message."""

    text: str
    thought: str
    calls: tuple[tuple[str, str, str], ...]
    pictures: tuple[Picture, ...]
    end: Finished | Fails | None
    usage: Usage | None
    told: bool


def read(case: Case, size: int | None = None) -> Read:
    """Return what comes of a case's body, cut into pieces of this size."""
    decoder = case.wire.decoder(case.learnt)
    events = EventDecoder()
    found: list[Upstream] = []
    fault: ChatError | None = None
    for piece in cut(case.body, size):
        found += decoder.decode_all(events.feed(piece))
    found += decoder.decode_all(events.flush())
    try:
        if decoder.events == 0:
            found += whole(case.body, decoder)
        found += decoder.end()
    except ChatError as error:
        fault = error
        found += decoder.flush()
    result = put_together(found)
    return result if fault is None else replace(result, end=Fails(fault.code, fault.message))


def put_together(events: Iterable[Upstream]) -> Read:
    text = thought = ""
    calls: dict[int, tuple[str, str, str]] = {}
    pictures: list[Picture] = []
    end: Finished | None = None
    usage: Usage | None = None
    told = False
    for event in events:
        match event:
            case TextDelta(content):
                text += content
            case ReasoningDelta(content):
                thought += content
            case Reclassified():
                text, thought = "", thought + text
            case ToolCallDelta(index, call_id, name, arguments):
                so_far = calls.get(index, ("", "", ""))
                calls[index] = (so_far[0] + call_id, so_far[1] + name, so_far[2] + arguments)
            case Picture():
                pictures.append(event)
            case Unreadable():
                told = True
            case Usage():
                # One that says nothing is none.
                usage = event if event != Usage() else None
            case Finished():
                end = event
    in_order = tuple(calls[index] for index in sorted(calls))
    return Read(text, thought, in_order, tuple(pictures), end, usage, told)


def cost(usage: Usage | None, sale: Sale) -> Decimal | None:
    """Return what usage costs there, as the ledger reckons it; None where it cannot be known."""
    if usage is None:
        return None
    price = bundled_price(sale.model, sale.address, AT, context_of(usage)).price
    if price is None:
        return None
    try:
        return cost_of(usage, price).total
    except UnknownRateError:
        return None
