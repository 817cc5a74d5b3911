"""Accounts of costs for organisations, as OpenAI's and Anthropic's admin interfaces tell them: in pages of days.

`GET /v1/organization/costs` and `GET /v1/organizations/cost_report`; each wants its own headers and parameters, and
says what is wrong with others.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import msgspec

from tests.harness.upstream.connection import Request

Query = dict[str, list[str]]
Answer = tuple[int, bytes, dict[str, str]]


class Bill(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is told with a key: the results of each day, in JSON, that go out as they are.

    At most `most` days are on a page, however many are asked for. Another `status` than 200 comes with `body` and
    `headers`, and `body` alone instead of every page. `endless`: there is always another page.
    """

    key: str
    days: dict[str, list[str]] = {}
    most: int = 180
    status: int = 200
    body: str | None = None
    headers: dict[str, str] = {}
    endless: bool = False


def costs(line: str | None, amount: str, currency: str = "usd") -> str:
    """A result of OpenAI's; `amount` is JSON."""
    return f'{{"amount": {{"value": {amount}, "currency": "{currency}"}}, "line_item": {json.dumps(line)}}}'


def cost(model: str | None, cents: str, description: str = "", **more: Any) -> str:
    """A result of Anthropic's."""
    return json.dumps(
        {"amount": cents, "currency": "USD", "model": model, "description": description or None, "token_type": None}
        | more
    )


def openai_key(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def anthropic_key(request: Request) -> str:
    return request.headers.get("x-api-key", "") if request.headers.get("anthropic-version") == "2023-06-01" else ""


def openai(bill: Bill | None, query: Query) -> Answer:
    if bill is None:
        return 401, b'{"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}', {}
    known = {"start_time", "end_time", "bucket_width", "limit", "group_by", "page"}
    if (
        not query.keys() <= known
        or query.get("group_by") != ["line_item"]
        or not 1 <= int(query.get("limit", ["7"])[0]) <= 180
    ):
        return 400, b'{"error": {"message": "Unknown or missing parameter."}}', {}
    first = datetime.fromtimestamp(int(query["start_time"][0]), UTC).date()
    end = datetime.fromtimestamp(int(query["end_time"][0]), UTC).date()

    def bucket(day: date) -> str:
        start = datetime.combine(day, time.min, UTC).timestamp()
        return f'"object": "bucket", "start_time": {start:.0f}, "end_time": {start + 86400:.0f}'

    return _page(bill, query, first, end, bucket)


def anthropic(bill: Bill | None, query: Query) -> Answer:
    if bill is None:
        return 401, b'{"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}', {}
    known = {"starting_at", "ending_at", "bucket_width", "limit", "group_by[]", "page"}
    if (
        not query.keys() <= known
        or query.get("group_by[]") != ["description"]
        or not 1 <= int(query.get("limit", ["7"])[0]) <= 31
    ):
        return 400, b'{"type": "error", "error": {"type": "invalid_request_error", "message": "Extra inputs."}}', {}
    first, end = (datetime.fromisoformat(query[name][0]).date() for name in ("starting_at", "ending_at"))

    def bucket(day: date) -> str:
        return f'"starting_at": "{day}T00:00:00Z", "ending_at": "{day + timedelta(days=1)}T00:00:00Z"'

    return _page(bill, query, first, end, bucket)


BILLS: Final[dict[str, tuple[Callable[[Request], str], Callable[[Bill | None, Query], Answer]]]] = {
    "/v1/organization/costs": (openai_key, openai),
    "/v1/organizations/cost_report": (anthropic_key, anthropic),
}


def _page(bill: Bill, query: Query, first: date, end: date, bucket: Callable[[date], str]) -> Answer:
    """Return the days from `first` to before `end`, from the one that the page begins with."""
    if bill.status != 200 or bill.body is not None:
        return bill.status, (bill.body or "").encode(), bill.headers
    begin = int(query.get("page", ["page_0"])[0].removeprefix("page_"))
    limit = min(bill.most, int(query.get("limit", ["7"])[0]))
    days = [first + timedelta(days=number) for number in range((end - first).days)]
    told = [
        f'{{{bucket(day)}, "results": [{", ".join(bill.days.get(str(day), []))}]}}'
        for day in days[begin : begin + limit]
    ]
    more = bill.endless or begin + limit < len(days)
    rest: dict[str, Any] = {"has_more": more, "next_page": f"page_{begin + limit}" if more else None}
    return 200, f'{{"data": [{", ".join(told)}], {json.dumps(rest)[1:]}'.encode(), {}
