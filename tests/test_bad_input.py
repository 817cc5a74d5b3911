"""Bad input gets a clear error before anything is written."""

from typing import Any

import httpx2
import pytest

from tests.harness.site import Site
from tests.harness.stream import events, one
from tests.harness.upstream.process import Upstream

NOBODY = "00000000-0000-4000-8000-000000000000"


def nested(levels: int) -> dict[str, Any]:
    """Return a response format that is so deep."""
    value: Any = "leaf"
    for _ in range(levels - 1):
        value = {"a": value}
    return {"type": "json_object", "schema": value}


BAD_BODIES: list[tuple[dict[str, Any], int, str]] = [
    ({}, 400, "message"),
    ({"message": ""}, 400, "empty"),
    ({"message": " \n\t"}, 400, "empty"),
    ({"message": "x" * 100_001}, 400, "100,000"),
    ({"message": 7}, 400, "message"),
    ({"message": None}, 400, "message"),
    ({"message": ["a"]}, 400, "message"),
    ({"message": "a\0b"}, 400, "NUL"),
    ({"message": "hi", "model": "no-such-model"}, 400, "no-such-model"),
    ({"message": "hi", "model": 3}, 400, "model"),
    ({"message": "hi", "conversation_id": "not-a-uuid"}, 400, "conversation_id"),
    ({"message": "hi", "conversation_id": NOBODY}, 404, "conversation"),
    ({"message": "hi", "parent_id": NOBODY}, 400, "parent_id"),
    ({"message": "hi", "max_tokens": 0}, 400, "max_tokens"),
    ({"message": "hi", "max_tokens": "many"}, 400, "max_tokens"),
    ({"message": "hi", "temperature": 9}, 400, "temperature"),
    ({"message": "hi", "temperature": "hot"}, 400, "temperature"),
    ({"message": "hi", "response_format": "json"}, 400, "response_format"),
    ({"message": "hi", "response_format": nested(33)}, 400, "32 levels"),
    ({"message": "hi", "response_format": nested(500)}, 400, "32 levels"),
    ({"message": "hi", "response_format": {"type": "text", "x": "y" * 65_536}}, 400, "65,536"),
    ({"message": "hi", "request_id": ""}, 400, "request_id"),
    ({"message": "hi", "request_id": "x" * 201}, 400, "request_id"),
    ({"message": "hi", "system_prompt": 1}, 400, "system_prompt"),
]
IDS = [str(body)[:40] for body, _, _ in BAD_BODIES]


def conversations(client: httpx2.Client) -> Any:
    return client.get("/api/conversations").json()


@pytest.mark.parametrize("path", ["/api/chat", "/api/chat/stream"])
@pytest.mark.parametrize(("body", "status", "says"), BAD_BODIES, ids=IDS)
def test_a_bad_question_is_refused_in_words(
    bob: httpx2.Client, path: str, body: dict[str, Any], status: int, says: str
) -> None:
    before = conversations(bob)
    answer = bob.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["error"]["message"]
    assert conversations(bob) == before


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 5000, b'{"message": "\\ud800"}'])
def test_a_body_that_is_no_json_object_is_refused(bob: httpx2.Client, raw: bytes) -> None:
    before = conversations(bob)
    answer = bob.post("/api/chat/stream", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request"
    assert conversations(bob) == before


def test_a_body_over_the_limit_is_too_large(bob: httpx2.Client) -> None:
    answer = bob.post("/api/chat/stream", content=b" " * (2 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "too_large"


def test_a_parent_from_another_conversation_is_not_found(bob: httpx2.Client) -> None:
    first, second = (one(events(bob, message="here", model="gpt-4o-mini"), "start") for _ in range(2))
    body = {"message": "hi", "conversation_id": first["conversation_id"], "parent_id": second["message_id"]}
    assert bob.post("/api/chat", json=body).status_code == 404


def test_a_question_is_no_parent(bob: httpx2.Client) -> None:
    start = one(events(bob, message="here", model="gpt-4o-mini"), "start")
    body = {"message": "hi", "conversation_id": start["conversation_id"], "parent_id": start["user_message_id"]}
    assert bob.post("/api/chat", json=body).status_code == 400


def test_the_longest_message_allowed_arrives_whole(bob: httpx2.Client, upstream: Upstream) -> None:
    text = ("the longest message " * 5000)[:100_000]
    assert events(bob, message=text, model="gpt-4o-mini")[-1]["type"] == "done"
    record = next(r for r in upstream.log("gpt-4o-mini") if "the longest message" in str(r.body))
    assert record.body["messages"][-1]["content"] == text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": 5}, "title"),
        ({"pinned": "yes"}, "pinned"),
        ({"archived": 1}, "archived"),
        ({"model": "no-such-model"}, "no-such-model"),
        ({"system_prompt": None}, "system_prompt"),
    ],
)
def test_a_bad_change_is_refused_and_changes_nothing(bob: httpx2.Client, changes: dict[str, Any], says: str) -> None:
    start = one(events(bob, message="change me", model="gpt-4o-mini"), "start")
    path = f"/api/conversations/{start['conversation_id']}"
    before = bob.get(path).json()
    answer = bob.patch(path, json=changes)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]
    assert bob.get(path).json() == before


@pytest.mark.parametrize("position", ["x", "-1", "1.5", "9" * 40, "٣"])
def test_a_position_that_is_none_is_refused(bob: httpx2.Client, position: str) -> None:
    start = one(events(bob, message="where?", model="gpt-4o-mini"), "start")
    answer = bob.get(f"/api/generations/{start['generation_id']}/stream", params={"after": position})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "cursor",
    [
        f"0001-01-01T00:00:00+14:00~{NOBODY}",
        "x",
        "~",
        "2026-01-01~x",
        f"2026-01-01T00:00:00~{NOBODY}",
        f"2026-99-99~{NOBODY}",
    ],
)
def test_a_cursor_that_is_none_is_refused(bob: httpx2.Client, cursor: str) -> None:
    assert bob.get("/api/conversations", params={"cursor": cursor}).status_code == 400


def test_an_error_names_no_secret(site: Site, bob: httpx2.Client, upstream: Upstream) -> None:
    said = "Incorrect API key provided: sk-test-0123456789. See https://internal.example/keys"
    upstream.script_prompt("leak the key", status=401, error_message=said)
    received = events(bob, message="leak the key", model="gpt-4o-mini")
    failed = one(received, "error")
    assert failed["error_type"] == "authentication"
    assert "sk-test" not in str(received)
    assert "https://" not in failed["message"]
    assert "sk-test" not in "".join(site.output)


def test_a_format_may_be_as_deep_as_is_told(bob: httpx2.Client) -> None:
    answer = bob.post("/api/chat", json={"message": "deep", "response_format": {**nested(32), "type": "text"}})
    assert answer.status_code == 200, answer.text
