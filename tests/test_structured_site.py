"""Structured answers over HTTP: field by field, parsed at the end, at both endpoints and from both formats."""

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import Event, events, one, parse, text_of
from tests.harness.upstream.process import Upstream

# To the site's catalog these are two models; to the upstream they show which format was spoken.
MODELS: Final = {"openai": "structured-openai", "anthropic": "structured-anthropic"}
SCHEMA: Final = {"type": "object", "properties": {"name": {"type": "string"}}}
FORMATS: Final[dict[str, dict[str, Any]]] = {
    "json_object": {"type": "json_object"},
    "json_schema": {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA}},
}
PERSON: Final = {
    "name": "Ada",
    "address": {"city": "London", "number": 12},
    "items": [{"id": 1}, {"id": 2}],
    "last": None,
}
TEXT: Final = json.dumps(PERSON)
FIELDS: Final = [
    ("name", "Ada"),
    ("address.city", "London"),
    ("address.number", 12),
    ("address", PERSON["address"]),
    ("items.0.id", 1),
    ("items.1.id", 2),
    ("items", PERSON["items"]),
    ("last", None),
]

every_kind = pytest.mark.parametrize("kind", MODELS)
every_format = pytest.mark.parametrize("wanted", FORMATS)


@pytest.fixture(scope="module")
def client(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Alice's client of a site with both providers."""
    environment = {
        "OPENAI_BASE_URL": upstream.base_url,
        "ANTHROPIC_BASE_URL": upstream.anthropic_url,
        "CHAT_MAX_RETRIES": "0",
        "CHAT_MAX_CONTINUATIONS": "1",
    }
    rows = [
        f"ChatModel.objects.create(name={name!r}, upstream_name={name!r}, provider=Provider.objects.get(name={kind!r}))"
        for kind, name in MODELS.items()
    ]
    with Site(tmp_path_factory.mktemp("structured"), environment) as site:
        site.shell(*rows)
        with site.client() as alice:
            yield alice
    assert "Traceback" not in "".join(site.output)


def cut(text: str, size: int = 7) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def fields_of(received: list[Event]) -> list[tuple[str, object]]:
    return [(event["name"], event["value"]) for event in received if event["type"] == "field"]


def asked(kind: str, wanted: str, message: str) -> dict[str, Any]:
    """Return the body of a request, with a message of its own."""
    words = f"{message}, {kind}, {wanted}."
    return {"message": words, "model": MODELS[kind], "response_format": FORMATS[wanted]}


@every_kind
@every_format
def test_each_field_is_told_once_it_is_complete_and_the_whole_at_the_end(
    client: httpx2.Client, upstream: Upstream, kind: str, wanted: str
) -> None:
    body = asked(kind, wanted, "tell me fields")
    upstream.script_prompt(body["message"], text=cut(TEXT), delay=0.01)
    received = events(client, **body)
    assert fields_of(received) == FIELDS
    assert text_of(received) == TEXT
    assert one(received, "done")["parsed"] == PERSON
    # The first field is told before the last words are.
    kinds = [event["type"] for event in received]
    assert kinds.index("field") < len(kinds) - 1 - kinds[::-1].index("token")
    (record,) = [record for record in upstream.log(MODELS[kind]) if body["message"] in str(record.body)]
    if kind == "openai":
        assert record.body["response_format"] == body["response_format"]
    else:
        assert ("JSON schema" in record.body["system"]) == (wanted == "json_schema")


@every_kind
@every_format
def test_the_json_answer_has_the_whole(client: httpx2.Client, upstream: Upstream, kind: str, wanted: str) -> None:
    body = asked(kind, wanted, "tell me all at once")
    upstream.script_prompt(body["message"], text=cut(TEXT))
    answer = client.post("/api/chat", json=body)
    assert answer.status_code == 200
    assert answer.json()["parsed"] == PERSON
    assert answer.json()["content"] == TEXT


@every_kind
def test_without_a_format_json_is_text_like_any_other(client: httpx2.Client, upstream: Upstream, kind: str) -> None:
    message = f"no format for {kind}"
    upstream.script_prompt(message, text=cut(TEXT))
    received = events(client, message=message, model=MODELS[kind])
    assert fields_of(received) == []
    assert one(received, "done")["parsed"] is None
    assert "parsed" not in client.post("/api/chat", json={"message": message, "model": MODELS[kind]}).json()


@every_kind
@every_format
def test_what_is_not_json_is_an_error_that_keeps_the_text(
    client: httpx2.Client, upstream: Upstream, kind: str, wanted: str
) -> None:
    body = asked(kind, wanted, "no JSON please")
    broken = '{"name": "Ada", "age": thirty-six}'
    upstream.script_prompt(body["message"], text=cut(broken))
    received = events(client, **body)
    last = received[-1]
    assert (last["type"], last["error_type"], last["retryable"]) == ("error", "api_error", True)
    assert "not valid JSON" in last["message"]
    assert text_of(received) == broken
    # What comes in one piece with the mistake cannot be told.
    assert fields_of(received) in ([], [("name", "Ada")])
    messages = client.get(f"/api/conversations/{received[0]['conversation_id']}").json()["messages"]
    assert (messages[-1]["content"], messages[-1]["error"]["message"]) == (broken, last["message"])
    assert messages[-1]["status"] == "interrupted"
    assert messages[-1]["usage"]["source"] == "provider"
    answer = client.post("/api/chat", json=body)
    assert answer.status_code == 502
    assert answer.json()["error"] == {"type": "api_error", "message": last["message"]}
    assert answer.json()["content"] == broken


@every_kind
def test_json_cut_by_its_limit_ends_by_length_with_the_fields_so_far(
    client: httpx2.Client, upstream: Upstream, kind: str
) -> None:
    body = asked(kind, "json_object", "cut short")
    upstream.script_prompt(body["message"], text=cut(TEXT[:40]), finish_reason="length")
    received = events(client, **body)
    done = one(received, "done")
    assert (done["finish_reason"], done["parsed"]) == ("length", None)
    told = fields_of(received)
    assert told
    assert told == FIELDS[: len(told)]


@every_kind
def test_a_continued_answer_tells_every_field_once(client: httpx2.Client, upstream: Upstream, kind: str) -> None:
    body = asked(kind, "json_object", "break off in a field")
    pieces = cut(TEXT)
    upstream.script_prompt(body["message"], {"text": pieces, "then": "end", "after": 5}, {"text": pieces[5:]})
    received = events(client, **body)
    one(received, "status")
    assert fields_of(received) == FIELDS
    assert one(received, "done")["parsed"] == PERSON


@every_kind
def test_whoever_follows_again_gets_the_fields_that_were_not_told(
    client: httpx2.Client, upstream: Upstream, kind: str
) -> None:
    body = asked(kind, "json_object", "follow my fields")
    upstream.script_prompt(body["message"], text=cut(TEXT, 3), delay=0.01)
    with client.stream("POST", "/api/chat/stream", json=body) as response:
        placed = list(parse(response.iter_lines()))
    generation = placed[0][1]["generation_id"]
    for seen in range(1, len(placed)):
        again = client.get(f"/api/generations/{generation}/stream?after={placed[seen - 1][0]}")
        rest = [event for _, event in parse(iter(again.text.splitlines()))]
        before = [event for _, event in placed[:seen]]
        assert text_of(before) + text_of(rest) == TEXT
        # A line that drops between a field and the word that completes it gets the field a second time.
        assert list(dict(fields_of(before)) | dict(fields_of(rest))) == list(dict(FIELDS))
        twice = dict(fields_of(before)).keys() & dict(fields_of(rest)).keys()
        assert not twice or placed[seen - 1][1]["type"] == "field"
        assert rest[-1] == placed[-1][1]
