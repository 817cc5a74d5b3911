"""What OpenAI and Anthropic themselves say they charged, by day and line; asked with an admin key, page by page.

OpenAI: `GET /organization/costs`, amounts in dollars, as a number or (so do live servers) as text with 40 places; a
line's `line_item` names its model: `gpt-4o-2024-08-06, input`. Source: its OpenAPI specification, `usage-costs`.
Anthropic: `GET /v1/organizations/cost_report`, amounts as text in cents. Source: its Admin API reference, Cost Report.
Both divide time into days in UTC. No amount is ever a binary float.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final, NoReturn, Protocol

import httpx2

from chat.errors import ChatError
from chat.providers import limits
from chat.providers.errors import from_body, from_transport, refused
from chat.providers.http.decompression import bounded
from chat.providers.http.pool import transport

TIMEOUT: Final = httpx2.Timeout(connect=5.0, write=10.0, pool=10.0, read=30.0)
TOTAL_SECONDS: Final = 60.0
# A year takes 12 pages of Anthropic's.
MOST_PAGES: Final = 100
# Of a page, with which the next is asked for.
LONGEST_NAME: Final = 10_000
TOO_LONG: Final = "The provider's bill is longer than what can be taken in. Ask for fewer days."
# Nobody owes so much; a larger number is none.
MOST: Final = Decimal(10) ** 12
# Enough for any of their amounts.
EXACT: Final = Context(prec=100)
UNDIVIDED: Final = "not divided by model"
# How keys begin that open no account, whatever else is in them.
ORDINARY: Final = ("sk-proj-", "sk-svcacct-", "sk-ant-api", "sk-ant-oat")
# What may stand before a line's model and still be an answer of it; others are evaluations, batches, assistants.
TIERS: Final = frozenset({"priority", "flex", "fast", "standard"})
MODALITY: Final = re.compile(r" (?:text|audio|image)\Z")


Query = list[tuple[str, str | int | float | None]]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a bill: what was charged on a day (UTC), in `currency` (ISO 4217).

    `label` is the provider's own name for it, `model` the model in it; empty where it is about none.
    """

    day: date
    label: str
    model: str
    amount: Decimal
    currency: str


class Format(Protocol):
    """Where a bill is, and how it reads."""

    def address(self, base_url: str) -> str: ...
    def headers(self, key: str) -> dict[str, str]: ...
    def query(self, first: date, last: date) -> Query: ...
    def items(self, bucket: dict[str, Any]) -> Iterator[Item]: ...


async def bill(kind: str, base_url: str, key: str, first: date, last: date) -> list[Item]:
    """Return what the provider charged from `first` to `last`, both included, for the whole organisation.

    `kind` is one of FORMATS. Raises ChatError, and nothing else; its message holds no key.
    """
    if not key:
        raise ChatError("authentication", "There is no admin key.")
    if key.startswith(ORDINARY):
        raise ChatError("authentication", "This is an ordinary API key. Costs are told to admin keys only.")
    form = FORMATS[kind]
    found: list[Item] = []
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            async for bucket in _buckets(form, base_url, key, form.query(first, last)):
                found += form.items(bucket)
                if len(found) > limits.BILL_LINES:
                    raise refused(TOO_LONG)
    except TimeoutError:
        raise ChatError("timeout", "The provider did not tell its costs in time.") from None
    except ChatError as error:
        raise ChatError(error.code, error.message.replace(key, "[key]")) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        raise from_transport(error, after_text=False) from None
    return [item for item in found if first <= item.day <= last]


async def _buckets(form: Format, base_url: str, key: str, query: Query) -> AsyncIterator[dict[str, Any]]:
    """Yield the days of all pages."""
    # A redirect would carry the key to who knows whom.
    client = httpx2.AsyncClient(
        timeout=TIMEOUT,
        transport=transport(base_url),
        follow_redirects=False,
        event_hooks={"response": [bounded(limits.PAGE_BYTES, "bill")]},
    )
    # The client would send any other character as UTF-8, and the answer would not tell what is wrong.
    headers = form.headers(key.encode("ascii").decode())
    pages: list[str] = []
    read = 0
    async with client:
        while len(pages) < MOST_PAGES:
            asked = [*query, ("page", pages[-1])] if pages else query
            response = await client.get(form.address(base_url), params=asked, headers=headers)
            read += len(response.content)
            if read > limits.BILL_BYTES:
                raise refused(TOO_LONG)
            answer = _page(response)
            days = answer.get("data")
            if not isinstance(days, list):
                _unreadable()
            for day in days:
                if not isinstance(day, dict) or not isinstance(day.get("results"), list):
                    _unreadable()
                yield day
            if not answer.get("has_more"):
                return
            following = answer.get("next_page")
            if not isinstance(following, str) or len(following) > LONGEST_NAME or following in pages:
                _unreadable()
            pages.append(following)
    _unreadable()


def _page(response: httpx2.Response) -> dict[str, Any]:
    match response.status_code:
        case 200:
            pass
        case 401:
            raise ChatError("authentication", "The provider did not accept the admin key. Check it.")
        case 403:
            raise ChatError("authentication", "The key may not read costs. It takes an admin key of the organisation.")
        case 404:
            raise refused("The provider has no costs at this address. Check it.")
        case 429:
            raise ChatError("rate_limit", "The provider is rate limiting. Try again in a minute.")
        case status:
            try:
                body = json.loads(response.content)
            except (ValueError, RecursionError):
                body = None
            raise from_body(status, body)
    if limits.is_crowded(response.content):
        _unreadable()
    try:
        found = json.loads(response.content, parse_float=Decimal, parse_constant=_unreadable)
    except (ValueError, RecursionError, InvalidOperation):
        _unreadable()
    return found if isinstance(found, dict) else _unreadable()


def _unreadable(_: object = None) -> NoReturn:
    """A bill that is understood in part would be a wrong one."""
    raise refused("The provider's account of its costs could not be read.")


def _amount(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        _unreadable()
    try:
        amount = Decimal(value)
    except InvalidOperation:
        _unreadable()
    # `abs` would round, and fail at a number that is too large for that.
    return amount if amount.is_finite() and amount.copy_abs() < MOST else _unreadable()


def _currency(value: object) -> str:
    return value.upper() if isinstance(value, str) and len(value) == 3 and value.isalpha() else _unreadable()


def _text(value: object) -> str:
    return " ".join(value.replace("\0", "").split()) if isinstance(value, str) else ""


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


class OpenAI:
    """OpenAI's costs; `base_url` ends with /v1."""

    def address(self, base_url: str) -> str:
        return f"{base_url}/organization/costs"

    def headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def query(self, first: date, last: date) -> Query:
        begin, end = _midnight(first), _midnight(last + timedelta(days=1))
        times = [("start_time", int(begin.timestamp())), ("end_time", int(end.timestamp()))]
        return [*times, ("bucket_width", "1d"), ("limit", 180), ("group_by", "line_item")]

    def items(self, bucket: dict[str, Any]) -> Iterator[Item]:
        start = bucket.get("start_time")
        if isinstance(start, bool) or not isinstance(start, int) or not 0 <= start < 2**32:
            _unreadable()
        day = datetime.fromtimestamp(start, UTC).date()
        for result in bucket["results"]:
            amount = result.get("amount") if isinstance(result, dict) else None
            if not isinstance(amount, dict):
                _unreadable()
            label = _text(result.get("line_item"))
            value, currency = _amount(amount.get("value")), _currency(amount.get("currency"))
            yield Item(day, label or UNDIVIDED, _model_in(label), value, currency)


def _model_in(line: str) -> str:
    """Return the model of a line, such as `priority | gpt-5, output, long context`; empty where it is about none."""
    *before, rest = line.split(" | ")
    model, comma, _ = rest.partition(", ")
    return MODALITY.sub("", model) if comma and TIERS.issuperset(before) else ""


class Anthropic:
    """Anthropic's cost report; `base_url` has no /v1."""

    def address(self, base_url: str) -> str:
        return f"{base_url.removesuffix('/v1')}/v1/organizations/cost_report"

    def headers(self, key: str) -> dict[str, str]:
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}

    def query(self, first: date, last: date) -> Query:
        times = [("starting_at", f"{first}T00:00:00Z"), ("ending_at", f"{last + timedelta(days=1)}T00:00:00Z")]
        return [*times, ("bucket_width", "1d"), ("limit", 31), ("group_by[]", "description")]

    def items(self, bucket: dict[str, Any]) -> Iterator[Item]:
        try:
            day = datetime.fromisoformat(_text(bucket.get("starting_at"))).astimezone(UTC).date()
        except (ValueError, OverflowError):
            _unreadable()
        for result in bucket["results"]:
            if not isinstance(result, dict):
                _unreadable()
            model = _text(result.get("model"))
            label = _text(result.get("description")) or model or _text(result.get("cost_type"))
            # In the lowest unit of the currency, which is always the dollar.
            value = _amount(result.get("amount")).scaleb(-2, EXACT)
            yield Item(day, label or UNDIVIDED, model, value, _currency(result.get("currency")))


FORMATS: Final[dict[str, Format]] = {"openai": OpenAI(), "anthropic": Anthropic()}
