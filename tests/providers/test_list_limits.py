"""Lists of models and bills are read no further than there is room for."""

from collections.abc import Iterator
from itertools import chain, count, repeat

import pytest

from chat.providers import limits
from tests.providers.flooding import Ask, Served
from tests.providers.test_limits import MIB, MOST_GROWTH, PACKERS, endless, packed_with

LISTS = {
    "long": b'{"id": "m", "words": "%b"},' % (b"x" * 1000),
    "crowded": b"[],",
    "many models": b'{"id":"m%d"},',
}


@pytest.mark.parametrize(
    ("kind", "what", "packing"),
    [("openai", "long", ""), ("openai", "crowded", ""), ("anthropic", "many models", ""), ("anthropic", "long", "br")],
)
async def test_a_list_of_models_is_refused_when_it_is_too_long(asked: Ask, kind: str, what: str, packing: str) -> None:
    pieces: Iterator[bytes]
    if what == "many models":
        pieces = chain(
            [b'{"data": ['], (LISTS[what] % number for number in range(limits.MODELS + 1)), [b'{"id":"z"}]}']
        )
    elif what == "crowded":
        pieces = chain([b'{"data": [{"id": "m", "more": ['], repeat(LISTS[what] * 1000, 2000), [b"[]]}]}"])
    else:
        pieces = chain([b'{"data": ['], endless(LISTS[what]))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    if packing:
        head += b"Content-Encoding: %b\r\n" % packing.encode()
        pieces = iter([b"".join(packed_with(PACKERS[packing](), pieces))])
    found = await asked(kind, lambda: (head, pieces), "models", small=b'{"data": [{"id": "m"}]}')
    assert (found["code"], found["retryable"]) == ("api_error", False)
    assert "models" in found["error"]
    assert found["grew"] < MOST_GROWTH


@pytest.mark.parametrize(
    ("kind", "what", "packing"),
    [
        ("openai", "one page", ""),
        ("openai", "many pages", ""),
        ("anthropic", "one page", "gzip"),
        ("anthropic", "an error", "gzip"),
    ],
)
async def test_a_bill_is_refused_when_it_is_too_long(asked: Ask, kind: str, what: str, packing: str) -> None:
    pages = count()

    def body() -> Served:
        head = b"HTTP/1.1 %b\r\nTransfer-Encoding: chunked\r\n" % (b"500 Oh" if what == "an error" else b"200 OK")
        page = b'{"data": [], "has_more": true, "next_page": "p%d", "more": "%b"}' % (next(pages), b"x" * 7 * MIB)
        pieces = iter([page]) if what == "many pages" else chain([b'{"data": ['], endless(b'{"results": []},'))
        if packing:
            head += b"Content-Encoding: gzip\r\n"
            pieces = iter([b"".join(packed_with(PACKERS["gzip"](), pieces))])
        return head, pieces

    found = await asked(kind, body, "bill", small=b'{"data": [], "has_more": false}')
    assert found["code"] == "api_error"
    assert "long" in found["error"] or what == "an error"
    assert found["grew"] < MOST_GROWTH
    assert next(pages) < limits.BILL_BYTES / (7 * MIB) + 2
